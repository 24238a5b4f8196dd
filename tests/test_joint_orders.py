"""Joint orders of 3D data sets."""
from pathlib import Path

import mmpose
import numpy as np
import pytest
import torch

from flexpose_mm.errors import UserError
from flexpose_mm.joint_orders import (H36M_PARENTS, JOINT_ORDERS, from_h36m17,
                                      gather_index, to_h36m17)
from flexpose_mm.skeletons import MAPPINGS, Skeleton

METAINFO = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'


def names(file):
    path = str(METAINFO / f'{file}.py')
    return np.array(Skeleton.from_metainfo(dict(from_file=path)).joints)


def test_3dhp_agrees_with_mmpose_names():
    got = names('mpi_inf_3dhp')[gather_index('3dhp17')].tolist()
    same = {'right_foot': 'right_ankle', 'left_foot': 'left_ankle',
            'thorax': 'neck', 'neck_base': 'head', 'head': 'head_top'}
    assert got == [same.get(n, n) for n in names('h36m').tolist()]


def test_gathers_of_the_sheet():
    assert gather_index('3dhp17').tolist() == [
        14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4]
    inverse = [10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 0, 7, 9]
    points = np.arange(17.)[:, None]
    assert from_h36m17(points, '3dhp17')[:, 0].tolist() == inverse


@pytest.mark.parametrize('order', ['h36m17', '3dhp17'])
def test_there_and_back(order):
    points = np.random.default_rng(0).normal(size=(3, 17, 2))
    assert (to_h36m17(from_h36m17(points, order), order) == points).all()
    assert (from_h36m17(to_h36m17(torch.tensor(points), order),
                        order).numpy() == points).all()


@pytest.mark.parametrize('order', sorted(set(JOINT_ORDERS) - {'h36m32'}))
def test_limbs_are_those_of_the_shared_skeleton(order):
    """The way to body15 by way of h36m17 is the direct one, in the limbs."""
    shared = dict(zip(range(15), (10, 8, 0, 11, 12, 13, 14, 15, 16, 4, 5, 6,
                                  1, 2, 3)))  # body15 -> h36m17
    direct = {target: source for source, target in MAPPINGS[order].pairs}
    index = gather_index(order)
    for joint in range(2, 15):
        assert index[shared[joint]] == direct[joint]


def test_28_joints_lead_to_the_same_17():
    kept = [7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6]
    points = np.arange(28.)[:, None]
    assert (to_h36m17(points, '3dhp28') == to_h36m17(points[kept],
                                                     '3dhp17')).all()


def test_parents_are_mmposes():
    h36m = Skeleton.from_metainfo(
        dict(from_file=str(METAINFO / 'h36m.py')))
    links = {frozenset(link) for link in h36m.limbs}
    assert links == {frozenset((j, p))
                     for j, p in enumerate(H36M_PARENTS) if p >= 0}


@pytest.mark.parametrize('call, words', [
    (lambda: gather_index('mpii16'), "joint_order='mpii16': choose from"),
    (lambda: to_h36m17(np.zeros((2, 17, 2)), 'smpl24'), 'has 24 joints'),
    (lambda: from_h36m17(np.zeros((2, 17, 2)), 'smpl24'), 'lacks|cannot'),
    (lambda: from_h36m17(np.zeros((2, 16, 2)), '3dhp17'), '17 joints')])
def test_errors(call, words):
    with pytest.raises(UserError, match=words):
        call()
