"""LoRA: rank, scale, initialisation."""
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flexpose_mm import UserError
from flexpose_mm.models.adapters.lora import LowRankBlock


@settings(max_examples=15)
@given(st.integers(1, 6), st.floats(0.1, 9), st.integers(0, 99))
def test_forward_is_the_matrix_of_low_rank(rank, alpha, seed):
    torch.manual_seed(seed)
    block = LowRankBlock(6, rank, alpha).double()
    torch.nn.init.normal_(block.lora_B)
    style = torch.randn(4, 6, dtype=torch.float64)
    torch.testing.assert_close(block(style), style @ block.matrix().T)
    update = block.matrix() - torch.eye(6)
    torch.testing.assert_close(
        update, alpha / rank * block.lora_B @ block.lora_A)
    assert torch.linalg.matrix_rank(update) == rank


@settings(max_examples=10)
@given(st.integers(0, 99))
def test_a_new_block_changes_no_bit(seed):
    torch.manual_seed(seed)
    style = torch.randn(3, 16) * 10.**torch.randint(-6, 6, (3, 16))
    block = LowRankBlock(16, 8, 3.)
    assert torch.equal(block(style), style)
    assert torch.equal(block.matrix(), torch.eye(16))


def test_a_is_he_uniform():
    torch.manual_seed(0)
    bound = (6 / 512)**.5
    weight = LowRankBlock(512, 8, 8.).lora_A
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / 3**.5, rel=0.03)


def test_gradients_reach_both_factors():
    block = LowRankBlock(4, 2, 2.).double()
    torch.nn.init.normal_(block.lora_B)
    style = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    factors = (block.lora_A, block.lora_B)

    def run(s, a, b):
        return torch.func.functional_call(
            block, dict(lora_A=a, lora_B=b), (s, ))

    assert torch.autograd.gradcheck(run, (style, *factors))


def test_alpha_is_the_rank_by_default():
    model = tiny.build(tiny.rival('LoRAAdapter', rank=4, tau_layers=(3, )))
    assert model.generator.tau.blocks['3'].scale == 1
    assert model.num_trainable == 2 * 4 * 32
    model = tiny.build(tiny.rival('LoRAAdapter', rank=4, alpha=2))
    assert model.generator.tau.blocks['1'].scale == 0.5


@pytest.mark.parametrize('wrong, said', [
    (dict(rank=0), 'rank=0'),
    (dict(rank=2.), 'rank=2.0'),
    (dict(rank=17), 'at most 16'),
    (dict(alpha=-1), 'alpha=-1'),
])
def test_wrong_arguments_are_refused(wrong, said):
    channels = {**tiny.CHANNELS, 16: 8}
    with pytest.raises(UserError, match=said):
        tiny.build(
            tiny.rival('LoRAAdapter',
                       generator=dict(tiny.generator(), channels=channels),
                       **wrong))
