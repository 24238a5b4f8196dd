"""What every model that is loaded for use goes through."""
import pytest
from mmengine.config import Config

from flexpose_mm import UserError
from flexpose_mm.loading import (init_model, leave_out_sources, nodes,
                                 read_model_config)


def test_nodes_are_all_dicts():
    tree = dict(a=[dict(b=1), (dict(c=dict(d=2)), )], e=3)
    assert list(nodes(tree)) == [
        tree, dict(b=1), dict(c=dict(d=2)), dict(d=2)]


def test_sources_are_left_out_and_pretrained_parts_stay():
    init = dict(type='Pretrained', checkpoint='torchvision://resnet18')
    model = dict(
        backbone=dict(type='ResNet', init_cfg=init),
        parts=[dict(type='Part', checkpoint='a.pth')],
        checkpoint='b.pth')
    leave_out_sources(model)
    assert model == dict(
        backbone=dict(type='ResNet', init_cfg=init),
        parts=[dict(type='Part', checkpoint=None)],
        checkpoint=None)


def test_a_config_is_copied_and_changed():
    given = Config(dict(model=dict(type='PoseFlow', width=8)))
    cfg = read_model_config(given, {'model.width': 4}, 'give one')
    assert cfg.model.width == 4 and given.model.width == 8
    with pytest.raises(UserError, match='config: test_dataloader=None'):
        read_model_config(given, None, 'give one',
                          ('model', 'test_dataloader'))


def test_a_model_that_cannot_do_it_is_refused():
    cfg = Config(dict(model=dict(type='PoseFlow', width=8, depth=1)))
    cfg = read_model_config(cfg, None, '')
    with pytest.raises(UserError, match="model.type='PoseFlow': it flies not"):
        init_model(cfg, None, 'cpu', 'fly', 'it flies not')
    model = init_model(cfg, None, 'cpu', 'train_step', '')
    assert model.cfg is cfg and not model.training
