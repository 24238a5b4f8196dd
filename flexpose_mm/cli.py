"""What tools/train.py, tools/test.py and their like share.

A mistake of the user's ends in one sentence on stderr and exit code 2; a
traceback is left for faults of the program. ``FLEXPOSE_TRACEBACK=1`` shows
it for both.
"""
import argparse
import errno
import os
import os.path as osp
import sys
import time
import traceback
from typing import Callable, Optional, Sequence

import torch
from mmengine.config import Config, DictAction

from .checkpoints import read_checkpoint
from .errors import UserError

USER_ERROR_CODE = 2
_DISK = {
    errno.ENOSPC: 'the disk is full; free some space and go on with --resume',
    errno.EDQUOT: 'the disk quota is used up; free some space and go on with '
    '--resume',
    errno.EROFS: 'the file system is read-only; choose another --work-dir',
    errno.EACCES: 'no permission; choose another place or change its rights',
    errno.EPERM: 'no permission; choose another place or change its rights',
}


def run(main: Callable[[], None]) -> int:
    """Call a tool's ``main`` and turn user errors into one sentence.

    Args:
        main (Callable): The tool; takes no argument.

    Returns:
        int: Exit code: 0, 2 after a user error, 130 after Ctrl-C.
    """
    try:
        main()
        return 0
    except KeyboardInterrupt:
        _say('stopped by Ctrl-C; --resume goes on from the last checkpoint')
        return 130
    except Exception as error:
        sentence = explain(error)
        if sentence is None or os.environ.get('FLEXPOSE_TRACEBACK') == '1':
            raise
        _say(f'error: {sentence}')
        return USER_ERROR_CODE
    finally:
        _leave_group()


def explain(error: BaseException) -> Optional[str]:
    """The sentence for an error that the user can mend.

    Args:
        error (BaseException): What was raised, with its traceback.

    Returns:
        str | None: One line, or None if the program is at fault.
    """
    text = ' '.join(str(error).split())
    if isinstance(error, UserError):
        return text
    if isinstance(error, RuntimeError) and 'UserError: ' in text:
        return text.rsplit('UserError: ', 1)[1]  # out of a DataLoader worker
    if isinstance(error, OSError) and error.errno in _DISK:
        return f'{error.filename or "writing"}: {_DISK[error.errno]}'
    if isinstance(error, FileNotFoundError):
        return f'file not found: {error.filename or text}; correct the path'
    if isinstance(error, KeyError) and 'registry. Please check' in text:
        return text.strip('\'"').split(' Please check')[0] + \
            ' Correct the name, or add its module to custom_imports.'
    if _while_building(error):
        return (f'the config cannot be built: {type(error).__name__}: {text}; '
                'correct this field in the config or by --cfg-options')
    return None


def _while_building(error: BaseException) -> bool:
    """Whether it was raised as MMEngine built an object from a config.

    Then it is about arguments, which are the config's. Training itself
    never runs below a registry's build.
    """
    expected = (TypeError, ValueError, KeyError, AssertionError, ImportError,
                AttributeError)
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, expected) and any(
        frame.name in ('build_from_cfg', 'from_cfg') for frame in frames)


def _say(sentence: str) -> None:
    """Print on stderr; once, when all processes of a group fail alike."""
    if os.environ.get('RANK', '0') != '0':
        # torchrun ends the others as soon as rank 0 is gone
        time.sleep(3)
    print(sentence, file=sys.stderr, flush=True)


def _leave_group() -> None:
    from torch import distributed
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def read_config(path: str) -> Config:
    """``Config.fromfile`` without the formatting of dumps by yapf.

    yapf needs up to minutes for a nested config, and a Runner dumps it
    twice; ``fromfile`` has an argument for it that it forgets to pass on.
    """
    cfg = Config.fromfile(path)
    return Config(
        cfg._cfg_dict,
        cfg_text=cfg.text,
        filename=cfg.filename,
        env_variables=cfg.env_variables,
        format_python_code=False)


def load_config(path: str, options: Optional[dict] = None) -> Config:
    """Read a config and put the command line's changes into it.

    Args:
        path (str): The config file.
        options (dict, optional): From ``--cfg-options``.

    Returns:
        Config: The merged config.

    Raises:
        UserError: If the file or one of its bases is missing or wrong.
    """
    if not osp.isfile(path):
        raise UserError('command line', 'config', path,
                        'no such file; give the path of a config')
    try:
        cfg = read_config(path)
    except UserError:
        raise
    except Exception as error:  # a config is code: anything may come
        raise UserError(path, 'config', type(error).__name__,
                        f'{_one_line(error)}; correct the config') from error
    return merge_options(cfg, options)


def merge_options(cfg: Config, options: Optional[dict]) -> Config:
    """Put the command line's changes into a config, in place.

    Raises:
        UserError: They do not fit its structure.
    """
    try:
        cfg.merge_from_dict(options or {})
    except (KeyError, TypeError) as error:
        raise UserError('command line', '--cfg-options', options,
                        _one_line(error)) from error
    return cfg


def _one_line(error: BaseException) -> str:
    """The innermost message: MMEngine wraps import errors in sys.path."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = error.args[0] if isinstance(error, KeyError) else error
    return ' '.join(str(text).split()) or type(error).__name__


def add_cfg_options(parser: argparse.ArgumentParser,
                    example: str = '') -> None:
    """Add MMEngine's ``--cfg-options``, with an example for its help."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change fields of the config' +
        (f', e.g. {example}' if example else ''))


def add_model(parser: argparse.ArgumentParser, kind: str) -> None:
    """Add what names a trained model: its config and its checkpoint."""
    parser.add_argument('config', help=f'config of the {kind}')
    parser.add_argument('checkpoint', help='its checkpoint')


def add_run(parser: argparse.ArgumentParser, batch_size: int,
            unit: str) -> None:
    """Add how a trained model is run: ``--batch-size``, ``--resume``,
    ``--device`` and ``--cfg-options``."""
    parser.add_argument(
        '--batch-size', type=int, default=batch_size, help=f'{unit} at a time')
    parser.add_argument(
        '--resume', action='store_true', help='go on with a killed run')
    parser.add_argument('--device', help="'cpu', 'cuda', 'cuda:1', ...")
    add_cfg_options(parser)


def parse_launched(parser: argparse.ArgumentParser,
                   argv: Optional[Sequence[str]] = None):
    """Parse a command line that torch's or another launcher may have made.

    Adds ``--launcher`` and ``--local_rank``; the rank goes to the
    environment, where MMEngine looks for it.
    """
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    args = parser.parse_args(argv)
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def pick_device(name: Optional[str]) -> str:
    """The asked device; None: the best there is.

    Raises:
        UserError: If it cannot be used here.
    """
    name = name or ('cuda' if torch.cuda.is_available() else 'cpu')
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise UserError('command line', '--device', name,
                        str(error).splitlines()[0]) from None
    return name


def set_work_dir(cfg: Config, config: str, work_dir: Optional[str]) -> None:
    """Decide on the work directory and check that it takes files.

    Args:
        cfg (Config): Gets ``work_dir``: command line before config file
            before ``./work_dirs/<config name>``.
        config (str): Path of the config file.
        work_dir (str, optional): From the command line.

    Raises:
        UserError: If nothing can be written there.
    """
    stem = osp.splitext(osp.basename(config))[0]
    cfg.work_dir = work_dir or cfg.get('work_dir') or \
        osp.join('./work_dirs', stem)
    probe = osp.join(cfg.work_dir, f'.probe-{os.getpid()}')
    try:
        os.makedirs(cfg.work_dir, exist_ok=True)
        with open(probe, 'wb') as f:
            f.write(b'x' * 4096)
            f.flush()
            os.fsync(f.fileno())
    except OSError as error:
        reason = _DISK.get(error.errno,
                           f'{error.strerror}; choose another --work-dir')
        raise UserError('command line', 'work_dir', cfg.work_dir,
                        f'cannot be written: {reason}') from error
    finally:
        if osp.exists(probe):
            os.remove(probe)


def prepare_launcher(cfg: Config, launcher: str) -> None:
    """Tell MMEngine of the launcher, and start a CPU group ourselves.

    MMEngine's PyTorch launcher calls ``torch.cuda.set_device`` and hands
    DDP a device id; neither works on a machine without CUDA.

    Args:
        cfg (Config): Gets ``launcher``, and ``model_wrapper_cfg`` on CPU.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.

    Raises:
        UserError: If the launcher's variables or a CUDA device is missing.
    """
    import torch
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise UserError('command line', '--launcher', launcher,
                        'start it with tools/dist_train.sh or torchrun')
    if torch.cuda.is_available():
        return
    if launcher != 'pytorch':
        raise UserError('command line', '--launcher', launcher,
                        "needs CUDA; without it use 'pytorch'")
    seconds = cfg.get('env_cfg', {}).get('dist_cfg', {}).get('timeout', 1800)
    from datetime import timedelta
    torch.distributed.init_process_group(
        'gloo', timeout=timedelta(seconds=seconds))
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False))
    cfg.model_wrapper_cfg = dict(wrapper, device_ids=None)


def given_checkpoint(path: str, field: str = 'checkpoint') -> dict:
    """``read_checkpoint`` of a file; {} for an address, left to MMEngine."""
    return {} if '://' in path else read_checkpoint(path, field)
