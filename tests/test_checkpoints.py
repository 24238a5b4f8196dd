"""Reading weights: ours, mmgeneration's, mmagic's, and wrong ones."""
import os

import pytest
import tiny
import torch

from flexpose_mm import UserError
from flexpose_mm.checkpoints import (check_meta, decode_meta, encode_meta,
                                     load_generator, read_checkpoint)

META = dict(skeleton='body15', fingerprint='abc', size=16, colors='rgb')


@pytest.fixture
def net():
    return tiny.scramble(tiny.build(tiny.generator()))


def save(tmp_path, state, prefix='', **more):
    """A checkpoint whose keys have a prefix."""
    path = tmp_path / 'weights.pth'
    state = {prefix + k: v for k, v in state.items()}
    torch.save(dict(state_dict=state | more), path)
    return str(path)


def same(a, b):
    a, b = a.state_dict(), b.state_dict()
    return all(torch.equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize(
    'prefix', ['', 'generator.', 'generator_ema.', 'generator_ema.module.'])
def test_prefixes_of_all_three_projects(prefix, net, tmp_path):
    path = save(tmp_path, net.state_dict(), prefix,
                **{'discriminator.final_linear.0.bias': torch.zeros(1)},
                _curr_transition_weight=torch.ones(1),
                **{'generator_ema.steps': torch.zeros(())})
    found = tiny.build(tiny.generator(), seed=4)
    assert load_generator(found, path) == {} and same(found, net)


def test_averaged_weights_come_first(net, tmp_path):
    other = tiny.build(tiny.generator(), seed=8).state_dict()
    state = {f'generator.{k}': v for k, v in other.items()}
    path = save(tmp_path, net.state_dict(), 'generator_ema.', **state)
    found = tiny.build(tiny.generator(), seed=4)
    load_generator(found, path)
    assert same(found, net)


def test_a_bare_state_dict_in_half_precision(net, tmp_path):
    path = tmp_path / 'bare.pth'
    torch.save(net.half().state_dict(), path)
    found = tiny.build(tiny.generator(), seed=4)
    load_generator(found, str(path))
    assert same(found, net.float())
    assert found.to_rgbs[0].conv.bias.dtype == torch.float32


def test_tau_may_be_missing_and_may_be_there(net, tmp_path):
    path = save(tmp_path, net.state_dict())
    found = tiny.build(tiny.generator(tau_layers=(3, )))
    load_generator(found, path)
    block = found.tau.blocks['3'].weight
    assert torch.equal(block, torch.eye(32))
    block.data += 1
    path = save(tmp_path, found.state_dict())
    again = tiny.build(tiny.generator(tau_layers=(3, )))
    load_generator(again, path)
    assert same(again, found)
    with pytest.raises(UserError, match='tau.blocks.3.weight'):
        load_generator(net, path)


def test_other_sizes_and_widths_are_refused(net, tmp_path):
    path = save(tmp_path, net.state_dict())
    with pytest.raises(UserError, match='the checkpoint draws 16 px'):
        load_generator(tiny.build(tiny.generator(32)), path)
    narrow = dict(tiny.generator(), channels={4: 16, 8: 8, 16: 16})
    with pytest.raises(UserError, match='make channels'):
        load_generator(tiny.build(narrow), path)
    short = dict(tiny.generator(), num_mlps=1)
    with pytest.raises(UserError, match='num_mlps'):
        load_generator(tiny.build(short), path)


def test_another_canvas_is_refused(net, tmp_path):
    path = save(tmp_path, net.state_dict(), _extra_state=encode_meta(META))
    assert load_generator(net, path, META) == META
    with pytest.raises(UserError, match="skeleton='body15'.*'face68'"):
        load_generator(net, path, dict(META, skeleton='face68'))


def test_no_generator_in_the_file(tmp_path, net):
    with pytest.raises(UserError, match='no StyleGAN v1 generator'):
        load_generator(net, save(tmp_path, dict(weight=torch.ones(1))))


def test_meta_goes_through_a_tensor():
    assert decode_meta(encode_meta(META)) == META and decode_meta(None) == {}
    check_meta({}, META, 'file')
    check_meta(META, dict(META, line_width=2), 'file')


class Code:
    """Would run code when unpickled."""

    def __reduce__(self):
        return os.system, ('touch /tmp/flexpose_pwned', )


def test_code_is_not_run(tmp_path):
    torch.save(dict(state_dict=Code()), tmp_path / 'evil.pth')
    with pytest.raises(UserError, match='would run code'):
        read_checkpoint(str(tmp_path / 'evil.pth'))
    assert not os.path.exists('/tmp/flexpose_pwned')


@pytest.mark.parametrize('content', [b'', b'no weights', None])
def test_damaged_files_are_refused(content, net, tmp_path):
    path = tmp_path / 'damaged.pth'
    if content is None:
        torch.save(net.state_dict(), path)
        content = path.read_bytes()[:2000]
    path.write_bytes(content)
    with pytest.raises(UserError, match='truncated|damaged'):
        read_checkpoint(str(path))


def test_other_contents_are_refused(tmp_path):
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(UserError, match='expected a dict'):
        read_checkpoint(str(tmp_path / 'list.pth'))
    with pytest.raises(UserError, match='no such file'):
        read_checkpoint(str(tmp_path / 'absent.pth'))
