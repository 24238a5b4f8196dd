"""Lifted sequences as files, written one by one."""
import hashlib
import json
import os
import os.path as osp
from typing import Iterator, List, Optional, Sequence

import numpy as np
from torch import nn
from tqdm import tqdm

from ..errors import UserError
from ..io import SUFFIXES, atomic_write, check_output
from ..visualization import save_animation, sequence_frames
from ..visualization.lifting import h36m_skeleton
from .lifter import (LiftedSequence, check_options, lift_prepared, prepare,
                     test_node)
from .readers import read_sequences
from .sequence import Sequence2D


def describe(model: nn.Module, sequence: Sequence2D,
             info: dict) -> dict:
    """All that a result depends on, as JSON gives it back."""
    digest = hashlib.sha1()
    for array in (sequence.keypoints, sequence.scores, sequence.frames):
        digest.update(np.ascontiguousarray(array).tobytes())
    known = dict(
        info,
        sequence=sequence.name,
        keypoints=digest.hexdigest()[:12],
        image_size=sequence.image_size,
        camera=sequence.camera,
        test_cfg=model.test_cfg)
    return json.loads(json.dumps(known))


def write_lifted(path: str, lifted: LiftedSequence, identity: dict) -> None:
    """Write .json in the manner of MMPose's 3D demo, or .npz.

    JSON: ``meta_info`` with joint names, unit and axes, ``instance_info``
    with ``frame_id`` and one instance per frame: ``keypoints`` (17, 3) in
    metres relative to joint 0, ``keypoint_scores`` and, with a camera,
    ``root`` in the camera frame. npz: the fields of ``LiftedSequence`` and
    the text ``meta``.
    """
    meta = dict(
        dataset_name='h36m',
        keypoint_names=list(h36m_skeleton().joints),
        unit='metre',
        axes='camera: x right, y down, z forward; relative to joint 0',
        identity=identity)
    if path.endswith('.npz'):
        arrays = {
            name: value
            for name, value in lifted._asdict().items()
            if isinstance(value, np.ndarray)
        }
        with atomic_write(path) as file:
            np.savez(file, meta=np.array(json.dumps(meta, sort_keys=True)),
                     **arrays)
        return
    rows = []
    for i, frame in enumerate(lifted.frames.tolist()):
        instance = dict(
            keypoints=_rounded(lifted.keypoints[i], 5),
            keypoint_scores=_rounded(lifted.scores[i], 4))
        if lifted.root is not None:
            instance['root'] = _rounded(lifted.root[i], 5)
        rows.append(dict(frame_id=frame, instances=[instance]))
    with atomic_write(path, 'w') as file:
        json.dump(dict(meta_info=meta, instance_info=rows), file)


def _rounded(array: np.ndarray, digits: int) -> list:
    return np.round(array.astype(np.float64), digits).tolist()


def written_identity(path: str) -> Optional[dict]:
    """What the file at ``path`` was made from; None without a file.

    Raises:
        UserError: It is not one of :func:`write_lifted`.
    """
    if not osp.isfile(path):
        return None
    try:
        if path.endswith('.npz'):
            with np.load(path, allow_pickle=False) as file:
                return json.loads(str(file['meta']))['identity']
        with open(path, encoding='utf-8') as file:
            return json.load(file)['meta_info']['identity']
    except Exception as error:  # any damage at all
        raise UserError(path, '--resume', type(error).__name__,
                        'this file is damaged or not a result of lifting; '
                        'delete it or choose another output') from error


def output_paths(sequences: List[Sequence2D], out: str,
                 suffix: str) -> List[str]:
    """A path for each sequence: ``out`` itself, or files in that folder.

    Raises:
        UserError: A file for several sequences, two sequences of one name,
        or a place that cannot be written.
    """
    if out.endswith(SUFFIXES):
        if len(sequences) > 1:
            raise UserError('command line', 'out', out,
                            f'there are {len(sequences)} sequences; give a '
                            'folder')
        check_output(out)
        return [out]
    names = [sequence.name for sequence in sequences]
    double = [name for name in names if names.count(name) > 1]
    if double:
        raise UserError('command line', 'names of sequences', double[0],
                        'two sequences have this name; rename a file, or '
                        'lift them into two folders')
    try:
        os.makedirs(out, exist_ok=True)
    except OSError as error:
        raise UserError('command line', 'out', out,
                        f'no such folder can be made ({error.strerror})'
                        ) from error
    paths = [osp.join(out, name + suffix) for name in names]
    check_output(paths[0])
    return paths


def lift_files(model: nn.Module,
               sources: Sequence[str],
               out: str,
               suffix: str = '.json',
               resume: bool = False,
               animation: Optional[str] = None,
               info: Optional[dict] = None,
               **options) -> Iterator[str]:
    """Lift all sequences of files; each result is written when it is made.

    All sequences are read and checked before the first one is lifted.

    Args:
        model (nn.Module): From :func:`init_lifter`.
        sources (Sequence[str]): Files or folders.
        out (str): A .json or .npz file for one sequence, else a folder.
        suffix (str): '.json' or '.npz', in a folder.
        resume (bool): Leave out those that are written already.
        animation (str, optional): 'gif' or 'mp4': a moving picture of the
            first 300 frames beside each result.
        info (dict, optional): Further plain values that the result depends
            on, such as the checkpoint's hash.
        **options: Fields of :class:`LiftOptions`.

    Yields:
        str: Path of each result that was made now.

    Raises:
        UserError: Anything that cannot be lifted or written, or with
        ``resume`` a result that was made from something else.
    """
    options = check_options(options)
    found = [s for path in sources
             for s in read_sequences(path, options.person)]
    ready = [prepare(sequence, options, model) for sequence in found]
    todo = []
    for sequence, path in zip(ready, output_paths(ready, out, suffix)):
        identity = describe(model, sequence, info or {})
        before = written_identity(path) if resume else None
        if before is not None and before != identity:
            raise UserError(path, '--resume', before,
                            'it was made from other keypoints, options or '
                            'weights; delete it, or leave out --resume')
        if before is None:
            todo.append((sequence, path, identity))
    clip = test_node(model)['seq_len']
    total = sum(-(-len(s.keypoints) // clip) for s, *_ in todo)
    with tqdm(total=total, unit='clip') as bar:
        for sequence, path, identity in todo:
            bar.set_postfix_str(sequence.name, refresh=False)
            lifted = lift_prepared(model, sequence, options.batch_size, bar)
            if animation:  # first, so that a resumed run makes it, too
                save_animation(
                    sequence_frames(
                        dict(lifted=lifted.keypoints[:300]),
                        lifted.pixels[:300]),
                    f'{osp.splitext(path)[0]}.{animation}')
            write_lifted(path, lifted, identity)
            yield path
