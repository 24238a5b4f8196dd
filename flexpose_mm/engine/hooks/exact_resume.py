"""Resume as if the run had never stopped: random state and data order."""
import random
from typing import Any, Dict, List, Optional

import numpy as np
import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop
from mmpose.registry import HOOKS

from ...errors import UserError
from ...wrappers import unwrap
from .atomic_checkpoint import AtomicCheckpointHook

KEY = 'rng_states'


def get_rng_state() -> Dict[str, Any]:
    """Read the global generators of Python, NumPy and torch.

    Returns:
        dict: Tensors and numbers only, so that ``torch.load`` with
        ``weights_only=True`` reads it back.
    """
    version, words, gauss = random.getstate()
    _, keys, pos, has_gauss, cached = np.random.get_state()
    state = dict(
        python=dict(
            version=version,
            words=torch.tensor(words, dtype=torch.int64),
            gauss=gauss),
        numpy=dict(
            keys=torch.from_numpy(keys.astype(np.int64)),
            pos=int(pos),
            has_gauss=int(has_gauss),
            cached=float(cached)),
        torch=torch.get_rng_state())
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_rng_state(state: Dict[str, Any]) -> None:
    """Put back what :func:`get_rng_state` read."""
    python, numpy = state['python'], state['numpy']
    random.setstate((python['version'], tuple(python['words'].tolist()),
                     python['gauss']))
    keys = numpy['keys'].cpu().numpy().astype(np.uint32)
    np.random.set_state(('MT19937', keys, numpy['pos'], numpy['has_gauss'],
                         numpy['cached']))
    torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


class _SkippingIterator:
    """Stands for the loop's data iterator while it skips seen batches.

    Without workers only the sampler advances: nothing is loaded, because
    the pipelines' random state is put back afterwards. Workers own their
    random streams, so there every batch is really replayed. After the last
    skipped batch ``done`` runs, before the first new one is fetched.
    """

    def __init__(self, iterator, steps: int, done):
        self.iterator, self.steps, self.done = iterator, steps, done

    def __iter__(self):
        return self

    def __next__(self):
        batch = self._advance()
        self.steps -= 1
        if self.steps == 0:
            self.done(self.iterator)
        return batch

    def _advance(self):
        if self.iterator._dataloader.num_workers:
            return next(self.iterator)
        try:
            return self.iterator._iterator._next_index()
        except StopIteration:  # end of a finite sampler: begin its next pass
            return next(self.iterator)


@HOOKS.register_module()
class ExactResumeHook(Hook):
    """Makes a resumed run equal to the uninterrupted one, bit by bit on CPU.

    Saves the random state of Python, NumPy, torch and CUDA of every process
    in the checkpoint, and restores it on resume once the data iterator has
    passed the batches already seen. Validation is given its own stretch of
    the random streams: they continue after it as if it had not happened,
    since a resumed run does not repeat the validation before the stop.

    Needs ``randomness=dict(seed=...)``, for the data order comes from it,
    and, with several processes, ``AtomicCheckpointHook``, which gathers the
    states of all of them. State in parameters, buffers and optimizers is
    MMEngine's part. With an epoch-based loop and persistent workers the
    workers' streams cannot be continued; the log says so.
    """

    priority = 'VERY_HIGH'

    def __init__(self):
        self._collected: Optional[List[dict]] = None
        self._before_val: Optional[dict] = None
        self._loaded: Optional[List[dict]] = None
        self._resumed = False

    def before_train(self, runner) -> None:
        """Check what exactness needs; a new training counts from 0.

        Raises:
            UserError: See ``check``.
        """
        self.check(runner)
        if runner.iter == 0:
            self.count_from_zero(runner.model)

    @staticmethod
    def count_from_zero(model) -> None:
        """Another run's weights (``load_from``) do not bring its number of
        iterations, which would tell growing and seeds that all is done. A
        test of the same weights does need it."""
        model = unwrap(model)
        if 'iteration' in dict(model.named_buffers()):
            model.iteration.zero_()

    @staticmethod
    def check(runner) -> None:
        """Check what exactness needs.

        Raises:
            UserError: If no seed is set, or several processes train
                without ``AtomicCheckpointHook``.
        """
        if runner._randomness_cfg.get('seed') is None:
            raise UserError(
                'ExactResumeHook', 'randomness.seed', None,
                'set one (e.g. randomness=dict(seed=0)); without it the '
                'data order of a run cannot be repeated')
        plain = [
            type(hook).__name__ for hook in runner.hooks
            if isinstance(hook, CheckpointHook)
            and not isinstance(hook, AtomicCheckpointHook)
        ]
        if plain and get_world_size() > 1:
            raise UserError(
                'ExactResumeHook', 'default_hooks.checkpoint.type', plain[0],
                "use 'AtomicCheckpointHook' with several processes")
        loader = runner.train_dataloader
        if isinstance(runner.train_loop, EpochBasedTrainLoop) and \
                getattr(loader, 'persistent_workers', False):
            runner.logger.warning(
                'ExactResumeHook: persistent_workers=True in an epoch-based '
                'loop, so random augmentation after a resume differs.')

    def collect_states(self, runner) -> None:
        """Gather the state of all processes; ``AtomicCheckpointHook`` calls.

        A checkpoint written during validation gets the state from before.
        """
        state = self._before_val or get_rng_state()
        self._collected = all_gather_object(state)

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Add the states under the key ``rng_states``."""
        checkpoint[KEY] = self._collected or [
            self._before_val or get_rng_state()
        ]
        self._collected = None

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Keep the states; they are used only if the run is a resumed one."""
        self._loaded = checkpoint.get(KEY)
        self._resumed = True

    def before_train_epoch(self, runner) -> None:
        """Restore now (epochs), or after the seen batches (iterations)."""
        loop, resumed, self._resumed = runner.train_loop, self._resumed, False
        if loop.iter == 0 or not resumed:  # at 0: weights only (load_from)
            return
        state = self._own_state(runner)
        if not hasattr(loop, 'dataloader_iterator'):
            self._restore(state)
            return

        def done(iterator):
            loop.dataloader_iterator = iterator
            self._restore(state)

        loop.dataloader_iterator = _SkippingIterator(loop.dataloader_iterator,
                                                     loop.iter, done)

    def _own_state(self, runner) -> Optional[dict]:
        """This process's state from the checkpoint, or None with a warning."""
        loaded, self._loaded = self._loaded, None
        if loaded and len(loaded) == get_world_size():
            return loaded[get_rank()]
        runner.logger.warning(
            'ExactResumeHook: the checkpoint has the random state of '
            f'{len(loaded or [])} processes, this run has '
            f'{get_world_size()}: training goes on with fresh random '
            'numbers and will not equal the uninterrupted run.')
        return None

    @staticmethod
    def _restore(state: Optional[dict]) -> None:
        if state is not None:
            set_rng_state(state)

    def before_val(self, runner) -> None:
        """Remember the state that training goes on with."""
        self._before_val = get_rng_state()

    def after_val(self, runner) -> None:
        """Go on as if validation had drawn no number."""
        self._restore(self._before_val)
        self._before_val = None
