"""Packaging; users of MMPose run ``pip install -e .``, others ``make``."""
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def read_requirements(name):
    """Requirement lines of a file in requirements/, without comments."""
    lines = (HERE / 'requirements' / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def read_version():
    """The version, without importing the package (it needs MMPose)."""
    scope = {}
    exec((HERE / 'flexpose_mm' / 'version.py').read_text(), scope)
    return scope['__version__']


setup(
    name='flexpose_mm',
    version=read_version(),
    description='Pose-distribution adaptation for MMPose',
    long_description=(HERE / 'README.md').read_text(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.9',
    packages=find_packages(include=['flexpose_mm', 'flexpose_mm.*']),
    include_package_data=True,
    # MMPose, MMEngine, mmcv and torch are the user's and are not named, so
    # that `pip install -e .` never changes them; `import flexpose_mm` says
    # which one is missing.
    install_requires=['numpy', 'scipy', 'tqdm'],
    extras_require=dict(
        runtime=read_requirements('runtime.txt'),
        tests=read_requirements('tests.txt'),
        images=read_requirements('images.txt'),
        demo=['matplotlib', 'scikit-learn', 'tensorboard', 'tqdm']),
    zip_safe=False,
)
