"""Pictures of people in given poses, by Stable Diffusion with a ControlNet.

The weights come from local directories in diffusers' layout: nothing is
downloaded, nothing is unpickled. Each picture's pose is known, so the
pictures are a labelled data set; how well a model follows its conditions is
the model's affair, which the contact sheet shows.
"""
import json
import math
import os.path as osp
from typing import Iterator, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np
from PIL import Image
from tqdm import tqdm

from .conditions import (LABELS, Conditions, picture_name, pose_document,
                         read_conditions, read_json)
from .datasets.image_files import image_fault, read_color
from .diffusion_weights import (check_directories, directory_hash,
                                load_pipeline, require_diffusers)
from .errors import UserError, check_seed
from .io import file_hash, write_atomically
from .models.seeding import seeded_generator
from .visualization import image_grid, save_image

SHEET, TILE = 24, 128  # pairs on the contact sheet, pixels of a picture there


class Settings(NamedTuple):
    """What the pictures depend on beside weights, poses and prompts.

    Attributes:
        seed (int): Of all noise; picture i draws from (seed, i) only.
        steps (int): Denoising steps.
        guidance (float): Scale of classifier-free guidance; up to 1: none.
        condition_scale (float): Weight of the ControlNet's residuals.
        size (int): Side of the pictures in pixels.
        negative (str): Negative prompt.
    """
    seed: int = 0
    steps: int = 30
    guidance: float = 7.5
    condition_scale: float = 1.
    size: int = 512
    negative: str = ''

    def check(self) -> None:
        """Raise UserError for a value that cannot be used."""
        check_seed('command line', self.seed)
        if self.steps < 1:
            raise UserError('command line', 'steps', self.steps,
                            'give at least 1')
        for name in ('guidance', 'condition_scale'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise UserError('command line', name, value,
                                'give a number of at least 0')
        if self.size < 64 or self.size % 8:
            raise UserError('command line', 'size', self.size,
                            'give a multiple of 8 pixels, at least 64')


def read_prompts(prompt: Optional[str], path: Optional[str],
                 n: int) -> List[str]:
    """One prompt for each picture.

    Args:
        prompt (str, optional): The same for all.
        path (str, optional): Instead: a text file of lines, or a JSON list
            of strings, at least n.
        n (int): How many.

    Raises:
        UserError: Both or neither are given; too few, or an empty one.
    """
    if (prompt is None) == (path is None):
        raise UserError('command line', 'prompt', prompt,
                        'give either --prompt or --prompts FILE')
    if path is None:
        prompts, where = [prompt] * n, 'command line'
    else:
        prompts, where = _prompt_file(path)[:n], path
    if len(prompts) < n:
        raise UserError(path, 'prompts', len(prompts),
                        f'give one for each of the {n} conditions')
    for i, text in enumerate(prompts, 1):
        if not isinstance(text, str) or not text.strip():
            raise UserError(where, f'prompt {i}', text, 'give some words')
    return prompts


def _prompt_file(path: str) -> list:
    remedy = 'give a text file of lines or a JSON list of strings'
    if path.endswith('.json'):
        prompts = read_json(path, remedy)
        if not isinstance(prompts, list):
            raise UserError(path, 'content', type(prompts).__name__, remedy)
        return prompts
    try:
        with open(path, encoding='utf-8') as file:
            return file.read().splitlines()
    except (OSError, ValueError) as error:
        raise UserError('command line', 'prompts', path,
                        f'{type(error).__name__}: {remedy}') from None


def draw_picture(pipeline, condition: np.ndarray, prompt: str, number: int,
                 settings: Settings) -> Optional[np.ndarray]:
    """One picture, which depends on (seed, number) and its inputs only.

    Args:
        pipeline: From :func:`load_pipeline`.
        condition (np.ndarray): (S, S, 3) uint8 RGB.
        prompt (str): What it shows.
        number (int): Of the picture.
        settings (Settings): Of the run.

    Returns:
        np.ndarray | None: (size, size, 3) uint8 RGB; None where the model's
        own safety checker blackened it.

    Raises:
        UserError: The model gives no numbers.
    """
    result = pipeline(
        prompt,
        image=Image.fromarray(condition),
        height=settings.size,
        width=settings.size,
        num_inference_steps=settings.steps,
        guidance_scale=settings.guidance,
        negative_prompt=settings.negative,
        controlnet_conditioning_scale=float(settings.condition_scale),
        generator=seeded_generator(settings.seed, number),
        output_type='np')
    if any(result.nsfw_content_detected or ()):
        return None
    picture = result.images[0]
    if not np.isfinite(picture).all():
        raise UserError('generate_images', f'picture {number}', 'nan',
                        'the weights do not bear half precision; use '
                        '--device cpu')
    return np.round(picture * 255).astype(np.uint8)


def draw_missing(pipeline, conditions: Conditions, prompts: List[str],
                 settings: Settings, out: str, missing: List[int]) -> int:
    """Draw and write the pictures that are not there; how many were not
    let through by the model's safety checker."""
    withheld = 0
    done = len(conditions.paths) - len(missing)
    with tqdm(total=len(conditions.paths), initial=done, unit='image') as bar:
        for number in missing:
            condition = read_color(conditions.paths[number - 1], 'conditions')
            picture = draw_picture(pipeline,
                                   np.ascontiguousarray(condition[..., ::-1]),
                                   prompts[number - 1], number, settings)
            if picture is None:
                withheld += 1
            else:
                save_image(picture, osp.join(out, picture_name(number)))
            bar.update()
    return withheld


def begin_run(out: str, identity: dict) -> None:
    """Write ``run.json``, or check that it tells of the same run.

    Raises:
        UserError: The folder was begun with something else.
    """
    path = osp.join(out, 'run.json')
    if osp.exists(path):
        old = read_json(path, 'choose another --out')
        for name, value in identity.items():
            if old.get(name) != value:
                raise UserError(path, name, value,
                                f'the folder was begun with {old.get(name)!r};'
                                ' use that, or another --out')
    write_atomically(path, json.dumps(identity, indent=1).encode())


def labels_of(conditions: Conditions, prompts: List[str], size: int, out: str,
              info: dict) -> dict:
    """COCO-keypoint JSON of the pictures that are there, with prompts."""
    there = [
        i for i in range(len(conditions.paths))
        if not image_fault(osp.join(out, picture_name(i + 1)))
    ]
    document = pose_document(conditions.keypoints[there],
                             conditions.scores[there],
                             [i + 1 for i in there], size, info)
    for i, image in zip(there, document['images']):
        image['prompt'] = prompts[i]
        image['condition'] = osp.basename(conditions.paths[i])
    return document


def _pairs(conditions: Conditions, out: str,
           numbers: List[int]) -> Iterator[Tuple[str, str]]:
    for number in numbers[:SHEET]:
        yield conditions.paths[number - 1], osp.join(out,
                                                     picture_name(number))


def contact_sheet(conditions: Conditions, out: str,
                  numbers: List[int]) -> np.ndarray:
    """Condition | picture of the first numbers, as one RGB picture."""
    tiles = [
        cv2.resize(
            read_color(path, 'contact_sheet')[..., ::-1], (TILE, TILE),
            interpolation=cv2.INTER_AREA)
        for pair in _pairs(conditions, out, numbers) for path in pair
    ]
    return image_grid(np.stack(tiles).transpose(0, 3, 1, 2), ncol=8)


def generate_images(base: str,
                    controlnet: str,
                    conditions: str,
                    out: str,
                    prompt: Optional[str] = None,
                    prompts: Optional[str] = None,
                    settings: Settings = Settings(),
                    n: Optional[int] = None,
                    device: str = 'cpu') -> dict:
    """Draw a picture for each condition and write its labels.

    ``out`` gets ``00000001.png`` ..., ``labels.json`` (COCO keypoints),
    ``sheet.jpg`` and ``run.json``. A killed run goes on when it is started
    again: whole pictures are kept.

    Args:
        base, controlnet (str): See :func:`check_directories`.
        conditions (str): Folder of tools/render_conditions.py.
        out (str): Folder; made if missing.
        prompt, prompts (str, optional): See :func:`read_prompts`.
        settings (Settings): Of the run.
        n (int, optional): How many; default all conditions.
        device (str): Such as ``'cuda'``.

    Returns:
        dict: What was written to ``labels.json``; ``info.withheld`` counts
        pictures that the model's safety checker did not let through.

    Raises:
        UserError: Something given cannot be used.

    Example:
        >>> generate_images('sd15', 'openpose', 'conditions', 'people',
        ...                 'a photo of a person', device='cuda')
    """
    require_diffusers()
    settings.check()
    poses = read_conditions(conditions, n)
    texts = read_prompts(prompt, prompts, len(poses.paths))
    check_directories(base, controlnet)
    identity = dict(
        settings._asdict(),
        prompt=file_hash(prompts) if prompts else prompt,
        conditions=file_hash(osp.join(conditions, LABELS)),
        base=directory_hash(base),
        controlnet=directory_hash(controlnet))
    begin_run(out, identity)
    missing = [
        i for i in range(1,
                         len(poses.paths) + 1)
        if image_fault(osp.join(out, picture_name(i)))
    ]
    withheld = 0
    if missing:
        pipeline = load_pipeline(base, controlnet, device)
        withheld = draw_missing(pipeline, poses, texts, settings, out, missing)
    info = dict(identity, withheld=withheld)
    document = labels_of(poses, texts, settings.size, out, info)
    numbers = [image['id'] for image in document['images']]
    if numbers:
        save_image(
            contact_sheet(poses, out, numbers), osp.join(out, 'sheet.jpg'))
    write_atomically(
        osp.join(out, 'labels.json'),
        json.dumps(document).encode())
    return document
