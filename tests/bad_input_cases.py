"""Mistakes of users, and the words that the answer to each must contain.

A case changes one of three tiny configs by lines of Python appended to it
(``$`` is the folder of the files), and runs a tool. Its words name the
field, the value and the remedy.
"""
from typing import NamedTuple, Tuple

COMMON = """
custom_imports = dict(imports=['flexpose_mm'], allow_failed_imports=False)
default_scope = 'mmpose'
work_dir = '$/work'
size = 16
generator = dict(
    type='StyleGANv1Generator', out_size=size, style_channels=8, num_mlps=1,
    channels={4: 8, 8: 8, 16: 8, 32: 8})
canvas = dict(type='SkeletonPreprocessor', size=size, skeleton='body15')
head = dict(type='SkeletonHeatmapHead', in_channels=8, num_joints=15)
beta = dict(
    type='SkeletonRegressor', size=size, head=head,
    backbone=dict(type='SkeletonEncoder', widths=(4, 8)))
pack = [dict(type='PackPose')]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=3)
val_cfg = val_dataloader = val_evaluator = None
test_cfg = dict()
test_dataloader = dict(
    batch_size=4, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='LatentCodeDataset', size=8))
reference = dict(type='SyntheticPoseDataset', size=8)
test_evaluator = dict(type='PoseDistributionMetric', reference=reference)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=1),
    checkpoint=dict(type='AtomicCheckpointHook', by_epoch=False, interval=1))
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)
"""
ADAPT = COMMON + """
generator['checkpoint'] = '$/prior.pth'
gamma = dict(type='RegressorFeatures', regressor=beta)
model = dict(
    type='FlexPose', generator=generator, gamma=gamma, regressor=beta,
    data_preprocessor=canvas)
poses = dict(
    type='KeypointArrayDataset', ann_file='$/poses.npz', class_key='action')
shots = dict(type='FewShotDataset', n_per_class=2, dataset=poses)
mixup = dict(type='PoseMixupDataset', size=8, dataset=shots, pipeline=pack)
train_dataloader = dict(
    batch_size=2, num_workers=0, dataset=mixup,
    sampler=dict(type='InfiniteSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=0.01))
custom_hooks = [dict(type='PrepareAdapterHook')]
"""
GAN = COMMON + """
model = dict(
    type='SkeletonGAN', generator=generator, data_preprocessor=canvas,
    discriminator=dict(type='StyleGANv1Discriminator', in_size=size,
                       channels=generator['channels'], mbstd_cfg=None))
train_dataloader = dict(
    batch_size=2, num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(type='SyntheticPoseDataset', size=8,
                 pipeline=[dict(type='NormalizePose'), *pack]))
adam = dict(optimizer=dict(type='Adam', lr=0.002, betas=(0., .99)))
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor', generator=adam,
    discriminator=adam)
growing = dict(type='ProgressiveGrowingHook', transition_kimgs=0)
"""
LABEL = COMMON + """
side = 32
crop = [dict(type='LoadImage'), dict(type='GetBBoxCenterScale'),
        dict(type='TopdownAffine', input_size=(side, side))]
model = dict(
    type='KeypointGAN', backbone=dict(type='ImageToSkeleton', width=4),
    decoder=dict(type='ConditionalDecoder', width=4),
    discriminator=dict(type='MultiScalePatchDiscriminator', width=4,
                       num_scales=1),
    head=dict(beta, size=side), alpha=dict(canvas, size=side),
    gamma=dict(type='PlainVGGFeatures', weights='random', width=4,
               layers=['image']))
persons = dict(type='PersonImageDataset', img_dir='$/photos')
pairs = dict(
    type='UnpairedPoseImageDataset', dataset=persons, pipeline=crop,
    condition_pipeline=[dict(type='ThinPlateWarp')])
train_dataloader = dict(
    batch_size=2, num_workers=0, dataset=pairs,
    sampler=dict(type='InfiniteSampler', shuffle=True))
adam = dict(optimizer=dict(type='Adam', lr=0.0002))
optim_wrapper = dict(
    constructor='MultiOptimWrapperConstructor', discriminator=adam,
    generator=dict(adam, modules=['backbone', 'decoder']))
bank = dict(type='GeneratedPoseDataset', ann_file='$/canvas.npz')
supply = dict(type='PoseBankHook', poses=bank)
custom_hooks = [supply]
test_dataloader['dataset'] = dict(
    type='SyntheticPoseDataset', size=2, images=True,
    pipeline=[*crop, dict(type='PackPoseInputs')])
test_evaluator = dict(type='KeypointError')
"""
FREEZED = """
disc = dict(type='StyleGANv1Discriminator', in_size=size,
            channels=generator['channels'], mbstd_cfg=None)
model.update(type='FreezeD', discriminator=disc, warmup_iters=1)
adam = optim_wrapper
optim_wrapper = dict(constructor='MultiOptimWrapperConstructor',
                     generator=adam, discriminator=adam)
"""
COMPARE = """
base = '$/adapt.py'
methods = dict(FlexPose=dict())
seeds = [0]
num = 8
"""
DIFFICULTY = COMMON + """
persons = dict(
    type='CocoDataset', ann_file='$/persons_good.json', pipeline=pack)
model = dict(type='PoseFlow', width=8, depth=1)
train_dataloader = dict(
    batch_size=2, num_workers=0, dataset=persons,
    sampler=dict(type='DifficultySampler', seed=0))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=0.01))
hook = dict(type='PoseDifficultyHook', train=dict(steps=2), figures=False)
custom_hooks = [hook]
"""


class Case(NamedTuple):
    """One mistake.

    Attributes:
        change (str): Lines appended to the config.
        words (tuple): What the sentence must contain.
        config (str): Text of the config before the change.
        tool (str): Which tool; its arguments follow CONFIG.
        args (str): Arguments, separated by blanks.
        fault (str): Name of a simulated fault of the machine.
    """
    change: str
    words: Tuple[str, ...]
    config: str = ADAPT
    tool: str = 'train'
    args: str = ''
    fault: str = ''


def _data(**change) -> str:
    return f'poses.update({change!r})'


def _model(**change) -> str:
    return f'model.update({change!r})'


def _tau(layers) -> Case:
    return Case(_model(tau_layers=layers),
                (f'tau_layers={layers!r}', 'layer'))


def _freezed(change: str, *words: str) -> Case:
    """A slip in a config that trains FreezeD; ``disc`` is D's config."""
    return Case(FREEZED + change, words)


def _compare(change: str, *words: str, args: str = '') -> Case:
    """A slip in a comparison of that adaptation."""
    return Case(change, words, COMPARE, 'compare_adapters',
                f'--out $/work {args}')


def _prior(name: str, *words: str) -> Case:
    return Case(f"generator['checkpoint'] = '$/{name}.pth'",
                (f'{name}.pth', *words))


def _generate(args: str, *words: str) -> Case:
    return Case('', words, tool='generate_poses', args=args)


DATA = {
    'data file missing':
    Case(_data(ann_file='$/gone.npz'), ('ann_file=', 'gone.npz', 'correct')),
    'data file is no npz':
    Case(_data(ann_file='$/text.npz'), ('text.npz', 'numpy.savez')),
    'data file truncated':
    Case(_data(ann_file='$/half.npz'), ('half.npz', 'write it')),
    'data file is a pickle':
    Case(_data(ann_file='$/objects.npz'), ('objects.npz', 'pickle')),
    'wrong joint count':
    Case(_data(keypoints_key='sixteen'),
         ('(8, 16, 2)', 'has 16 joints', 'set another mapping')),
    'three coordinates':
    Case(_data(keypoints_key='deep'), ('deep.shape=(8, 15, 3)', 'give')),
    'NaN':
    Case(_data(keypoints_key='nan'), ('keypoints[3]=', 'NaN', 'remove')),
    'inf':
    Case(_data(keypoints_key='inf'), ('keypoints[3]=', 'inf', 'remove')),
    'all invisible':
    Case(_data(visible_key='hidden', require_all=False),
         ('keypoints_visible[3]=0', 'remove')),
    'no complete pose':
    Case(_data(visible_key='partly'),
         ('require_all=True', 'set require_all=False')),
    'box of zero area':
    Case(_data(keypoints_key='flat'), ('keypoints[3]=', 'area', 'remove')),
    'unknown array':
    Case(_data(keypoints_key='pose'), ("='pose'", 'the file holds')),
    'select by unknown array':
    Case(_data(select=dict(height=[1])), ("select='height'", 'holds')),
    'select unknown value':
    Case(_data(select=dict(action=['fly'])), ("'fly'", 'use some of')),
    'select leaves nothing':
    Case(_data(select=dict(action=['walk'], subject=[2])),
         ('select=', 'none of the 8 rows')),
    'one shot for mixup':
    Case(_data(class_key=None) + "\nshots['n_per_class'] = 1",
         ('dataset=1', 'draw more')),
    'too few in a class':
    Case("shots['n_per_class'] = 5", ('n_per_class=5', 'take fewer')),
    'no shot per class':
    Case("shots['n_per_class'] = 0", ('n_per_class=0', 'at least 1')),
    'negative seed of shots':
    Case("shots['seed'] = -1", ('seed=-1', '>= 0')),
    'no mixture':
    Case("mixup['size'] = 0", ('size=0', 'at least 1')),
    'padding 0':
    Case("mixup['padding'] = 0", ('padding=0', '1.25')),
    'unknown skeleton':
    Case(_data(skeleton='octopus'), ("skeleton='octopus'", 'use one of')),
    'unknown mapping':
    Case(_data(mapping='coco99'), ("mapping='coco99'", 'use one of')),
    'mapping of other joints':
    Case(_data(mapping='coco17'), ('(8, 15, 2)', 'takes 17', 'set another')),
    'unknown joint in a limb':
    Case(
        "poses['skeleton'] = dict(dataset_name='mine', joint_weights=[1., 1.],"
        " sigmas=[], keypoint_info={i: dict(name=n, id=i, color=[0, 0, 0], "
        "type='', swap='') for i, n in enumerate('ab')}, skeleton_info={0: "
        "dict(link=('a', 'tail'), id=0, color=[0, 0, 0])})", ("'tail'", )),
    'poses of another skeleton than the canvas':
    Case(_data(skeleton='hand21', keypoints_key='hand'),
         ('hand21', 'body15')),
    'no mixup dataset':
    Case("train_dataloader['dataset'] = dict(shots, pipeline=pack)",
         ("pairing='mix'", 'PoseMixupDataset')),
    'batch size 0':
    Case("train_dataloader['batch_size'] = 0", ('batch_size=0', 'config')),
    'unknown transform':
    Case("pack[0]['type'] = 'PackPoise'", ('PackPoise', 'Correct')),
    'test without codes':
    Case("test_dataloader['dataset']['size'] = 0", ('size=0', 'at least 1'),
         tool='test', args='$/adapter.pth'),
    'reference of one pose':
    Case("reference['size'] = 1", ('reference=1', 'at least 2'),
         tool='test', args='$/adapter.pth'),
}
MODEL = {
    'tau layer 0': _tau((0, )),
    'tau layer out of range': _tau((7, )),
    'tau layer repeated': _tau((3, 3)),
    'tau layers in words': _tau('some'),
    'tau layer not in a list': _tau(3),
    'no tau layer': _tau(()),
    'rank 0':
    Case(_model(type='LoRAAdapter', rank=0), ('rank=0', 'at least 1')),
    'rank above the width':
    Case(_model(type='LoRAAdapter', rank=17),
         ('rank=17', '16 numbers', 'give at most')),
    'alpha 0':
    Case(_model(type='LoRAAdapter', alpha=0.), ('alpha=0.0', 'above 0')),
    'codes for fewer targets':
    Case(_model(type='AdaGAN', num_targets=5),
         ('num_targets=5', 'give num_targets=8')),
    'codes for no target':
    Case(_model(type='AdaGAN', num_targets=0), ('num_targets=0', 'give')),
    'mixed codes that learn':
    Case(_model(type='AdaGAN', pairing='mix'), ("pairing='mix'", 'give')),
    'negative weight':
    Case(_model(type='AdaGAN', emd_weight=-1), ('emd_weight=-1', 'give 0')),
    'discriminator of another size':
    _freezed("disc['in_size'] = 32", 'in_size=32', '16', 'make them equal'),
    'blocks that D has not':
    _freezed("model['trained_blocks'] = 4", 'trained_blocks=4', 'give 0 to 3'),
    'no source discriminator':
    _freezed("model['regressor'] = None", 'checkpoint=None', 'regressor='),
    'no warm-up':
    _freezed("model['warmup_iters'] = 0", '(0, 32)', 'at least 1'),
    'no discriminator in the file':
    _freezed("disc['checkpoint'] = '$/prior.pth'", 'prior.pth',
             'no StyleGAN v1 discriminator', 'give'),
    'discriminator file missing':
    _freezed("disc['checkpoint'] = '$/gone.pth'", 'gone.pth', 'mend'),
    'one optimiser for FreezeD':
    _freezed('optim_wrapper = adam', 'optim_wrapper=', 'discriminator',
             'give'),
    'size no power of two':
    Case("generator['out_size'] = 24", ('out_size=24', 'power of two')),
    'channels missing':
    Case("generator['channels'] = {4: 8}", ('channels=', '[8, 16]')),
    'canvas of another size':
    Case("canvas['size'] = 32; generator.pop('checkpoint')",
         ('size=16', '32', 'make them equal')),
    'beta of another size':
    Case("model['regressor'] = dict(beta, size=32)",
         ('size=32', '16', 'make them equal')),
    'beta of other joints':
    Case("model['regressor'] = dict(beta, head=dict(head, num_joints=21))",
         ('num_joints=21', '15')),
    'checkpoint of beta for another size':
    Case("beta['checkpoint'] = '$/beta32.pth'",
         ('beta32.pth', 'size=32', 'use the checkpoint')),
    'no beta for the anchors':
    Case(_model(regressor=None, anchor_codes='ot'),
         ("anchor_codes='ot'", 'give regressor=')),
    'no beta to test with':
    Case(_model(regressor=None), ('regressor=None', 'give'),
         tool='test', args='$/adapter.pth'),
    'unknown pairing':
    Case(_model(pairing='mixed'), ("pairing='mixed'", 'choose from')),
    'unknown anchors':
    Case(_model(anchor_codes='near'), ("='near'", 'choose from')),
    'pool of 0 codes':
    Case(_model(pool_size=0), ('pool_size=0', 'at least 1')),
    'pool below the shots':
    Case(_model(pool_size=3, anchor_codes='ot'), ('pool_size=3', 'at least')),
    'negative model seed':
    Case(_model(seed=-1), ('seed=-1', '>= 0')),
    'unknown precision':
    Case(_model(autocast='fp8'), ("autocast='fp8'", 'give')),
    'unknown colours':
    Case("canvas['colors'] = 'red'; generator.pop('checkpoint')",
         ("colors='red'", 'use')),
    'unknown model':
    Case(_model(type='FlexPoise'), ('FlexPoise', 'Correct the name')),
    'unknown argument':
    Case(_model(depth=3), ("'depth'", 'correct')),
    'no hook to show the targets':
    Case('custom_hooks = []', ('custom_hooks=', 'PrepareAdapterHook')),
    'VGG weights missing':
    Case("gamma = model['gamma'] = dict(type='VGGFeatures', "
         "weights='$/vgg.pth')", ('vgg.pth', 'mend')),
    'VGG weights of something else':
    Case("gamma = model['gamma'] = dict(type='VGGFeatures', "
         "weights='$/beta32.pth')", ('beta32.pth', 'vgg16', 'give')),
    'unknown VGG layer':
    Case("gamma = model['gamma'] = dict(type='VGGFeatures', "
         "weights='random', layers=['relu9'])", ("['relu9']", 'choose')),
    'optimiser of one network only':
    Case("optim_wrapper.pop('discriminator')",
         ("optim_wrapper=['generator']", 'discriminator', 'give'), GAN),
    'one optimiser for two networks':
    Case('optim_wrapper = adam', ('optim_wrapper=', 'generator', 'give'),
         GAN),
    'two optimisers for one network':
    Case("adam = optim_wrapper; optim_wrapper = dict(constructor='"
         "MultiOptimWrapperConstructor', generator=adam)",
         ('optim_wrapper=', 'give')),
    'optimiser of no network':
    Case("optim_wrapper['critic'] = adam",
         ("'critic'", 'has no', 'name'), GAN),
    'optimiser entry without optimiser':
    Case("optim_wrapper['generator'] = dict()", ('generator={}', 'dict'),
         GAN),
    'scale no power of two':
    Case('growing.update(nkimgs_per_scale={12: 1, 16: 1}); '
         'custom_hooks = [growing]', ('12: 1', 'powers of two'), GAN),
    'scales end too early':
    Case('growing.update(nkimgs_per_scale={8: 1}); custom_hooks = [growing]',
         ('{8: 1000}', 'must be 16'), GAN),
    'negative fade-in':
    Case('growing.update(nkimgs_per_scale={16: -1}); '
         'custom_hooks = [growing]', ('{16: -1}', 'give'), GAN),
}
FILES = {
    'prior missing': _prior('gone', 'no such file', 'mend'),
    'prior truncated': _prior('half', 'truncated', 'use'),
    'prior with code': _prior('evil', 'would run code', 'use a ch'),
    'prior is no checkpoint': _prior('text', 'use a'),
    'prior of another size': _prior('prior32', 'out_size=16', 'set out_size'),
    'prior of another skeleton': _prior('hand', "'hand21'", 'body15'),
    'prior without generator': _prior('beta32', 'no StyleGAN', 'give'),
    'prior of other channels': _prior('wide', '(32,)', 'make channels'),
    'unknown config': Case('', ('gone.py', 'give'), args='$/gone.py'),
    'config with a slip':
    Case('model = dict(', ('SyntaxError', 'line', 'correct')),
    'config without model':
    Case('del model', ('model=None', 'give'), tool='generate_poses',
         args='$/adapter.pth -o $/o.npz'),
    'negative seed': Case('', ('seed=-1', '>= 0'), args='--seed -1'),
    'negative seed in the config':
    Case("randomness['seed'] = -1", ('seed=-1', '>= 0')),
    'no iteration':
    Case("train_cfg['max_iters'] = 0", ('max_iters=0', 'at least 1')),
    'work dir is a file':
    Case('', ('work_dir=', 'choose'), args='--work-dir $/text.npz/work'),
    'read-only disk': Case('', ('work_dir=', 'choose'), fault='EROFS'),
    'full disk': Case('', ('work_dir=', 'free some space'), fault='ENOSPC'),
    'disk fills up':
    Case('', ('iter_1.pth', 'free some space'), fault='ENOSPC later'),
    'resume from nothing':
    Case('', ('--resume=', 'gone.pth', 'mend'), args='--resume $/gone.pth'),
    'resume of another skeleton':
    Case('', ('adapter_hand.pth', 'use the c'),
         args='--resume $/adapter_hand.pth'),
    'resume with code':
    Case('', ('evil.pth', 'would run code', 'use'),
         args='--resume $/evil.pth'),
    'test of nothing':
    Case('', ('gone.pth', 'mend'), tool='test', args='$/gone.pth'),
    'test of half a file':
    Case('', ('half.pth', 'truncated', 'use'), tool='test',
         args='$/half.pth'),
    'test of code':
    Case('', ('evil.pth', 'would run code', 'use'), tool='test',
         args='$/evil.pth'),
    'test of another skeleton':
    Case('', ('adapter_hand.pth', 'use the c'), tool='test',
         args='$/adapter_hand.pth'),
    'generate nothing':
    _generate('$/adapter.pth -n 0 -o $/o.npz', 'n=0', 'at least 1'),
    'generate to a strange file':
    _generate('$/adapter.pth -o $/o.txt', 'o.txt', 'must end in'),
    'generate to no folder':
    _generate('$/adapter.pth -o $/no/o.npz', 'does not exist', 'create'),
    'generate from nothing':
    _generate('$/gone.pth -o $/o.npz', 'gone.pth', 'mend'),
    'generate from code':
    _generate('$/evil.pth -o $/o.npz', 'evil.pth', 'would run code'),
    'generate from another skeleton':
    _generate('$/adapter_hand.pth -o $/o.npz', "'hand21'", 'body15'),
    'generate with a score of 2':
    _generate('$/adapter.pth -o $/o.npz --min-score 2', 'min_score=2.0',
              'from 0 to 1'),
    'unknown device':
    _generate('$/adapter.pth -o $/o.npz --device tpu9', "'tpu9'"),
}
COMPARISONS = {
    'comparison of nothing': _compare('methods = dict()', 'methods=', 'give'),
    'comparison of an unknown method':
    _compare("methods['x'] = dict(options=dict(model=dict(type='Nil')))",
             "methods['x']", "'Nil'", 'correct the name'),
    'comparison with an unknown argument':
    _compare("methods['x'] = dict(options=dict(model=dict(depth=3)))",
             "'depth'", 'correct'),
    'comparison without seeds': _compare('seeds = []', 'seeds=[]', 'give'),
    'comparison with more shots than poses':
    _compare('shots = [2, 5]', 'n_per_class=5', 'take fewer'),
    'comparison of a layer out of range':
    _compare('layers = [3, 7]', 'layers', '(7,)', 'to 6'),
    'comparison without base':
    _compare("base = '$/gone.py'", 'base=', 'gone.py', 'give'),
    'comparison with a base that adapts nothing':
    _compare("base = '$/build.py'", 'FewShotDataset', 'build.py'),
    'comparison with a lost prior':
    _compare("options = dict(model=dict(generator=dict(checkpoint="
             "'$/gone.pth')))", 'gone.pth', 'mend'),
    'comparison of one pose': _compare('num = 1', 'num=1', 'at least 2'),
    'comparison with a slip in a field':
    _compare('seed = [1]', "field='seed'", 'use base'),
    'comparison of no such run':
    _compare('', "--only='lora*'", '--list', args='--only lora*'),
    'comparison that reports nothing':
    _compare('', 'finished runs=0', '--report-only', args='--report-only'),
    'comparison to a file':
    _compare('', 'work_dir=', 'choose', args='--out $/text.npz/work'),
}


def _photos(folder: str) -> str:
    return f"persons['img_dir'] = '$/{folder}'"


def _boxes(name: str, *words: str) -> Case:
    return Case(f"persons['ann_file'] = '$/{name}.json'",
                (f'{name}.json', *words), LABEL)


def _annotate(args: str, *words: str) -> Case:
    return Case('', words, LABEL, 'annotate', '$/kg.pth ' + args)


LABELS = {
    'no folder of images':
    Case(_photos('gone'), ('gone', 'correct the path'), LABEL),
    'no image in the folder':
    Case(_photos('empty'), ('empty', 'no image'), LABEL),
    'truncated JPEG':
    Case(_photos('cut'), ('cut.jpg', 'truncated', 'restore'), LABEL),
    'JPEG of something else':
    Case(_photos('text'), ('text.jpg', 'no JPEG', 'restore'), LABEL),
    'image of an annotation missing':
    _boxes('lost', 'gone.jpg', 'no such file', 'restore'),
    'image without a person box':
    _boxes('boxless', '1.jpg', 'no person box', 'add one'),
    'person box of no area':
    _boxes('flat_box', 'bbox of 1.jpg', 'above 0'),
    'boxes in another format':
    _boxes('other', 'COCO JSON'),
    'crops of another size':
    Case("crop[2]['input_size'] = (16, 16)",
         ('(2, 3, 16, 16)', '32 x 32', 'TopdownAffine'), LABEL),
    'mixed sizes without crops':
    Case("pairs['pipeline'] = crop[:2]",
         ('inputs=', 'one size', 'TopdownAffine'), LABEL),
    'grey images kept grey':
    Case("persons['img_dir'] = '$/grey'; "
         "crop[0]['color_type'] = 'unchanged'",
         ('(32, 32)', 'grey/1.png', 'in colour'), LABEL),
    'images with transparency kept so':
    Case("persons['img_dir'] = '$/clear'; "
         "crop[0]['color_type'] = 'unchanged'",
         ('(32, 32, 4)', 'clear/1.png', 'in colour'), LABEL),
    'no second views':
    Case("pairs['condition_pipeline'] = []", ('ThinPlateWarp', ), LABEL),
    'no pose supply':
    Case('custom_hooks = []', ('no PoseBankHook', 'add'), LABEL),
    'empty bank':
    Case("bank['ann_file'] = '$/none.npz'", ('none.npz', ), LABEL),
    'bank file missing':
    Case("bank['ann_file'] = '$/gone.npz'", ('gone.npz', 'correct'), LABEL),
    'bank of another skeleton':
    Case("bank['ann_file'] = '$/hands.npz'",
         ('(8, 21, 2)', '(n, 15, 2)'), LABEL),
    'bank data set of another skeleton':
    Case("bank.update(ann_file='$/hands.npz', skeleton='hand21')",
         ('hand21', 'body15', 'mapping='), LABEL),
    'bank too small':
    Case("supply['size'] = 33000", ('size=33000', 'only 8', 'smaller'),
         LABEL),
    'detector of another size than beta':
    Case("model['alpha']['size'] = 64", ('head.size=32', '64'), LABEL),
    'discriminator with too many scales':
    Case("model['discriminator']['num_scales'] = 3",
         ('num_scales=3', 'fewer'), LABEL),
    'detector with one optimiser':
    Case('optim_wrapper = adam', ('optim_wrapper=', 'generator'), LABEL),
    'unknown reference length':
    Case("test_evaluator['references'] = ['foot']",
         ("references=['foot']", 'choose'), LABEL, 'test', '$/kg.pth'),
    'label no folder':
    _annotate('$/gone -o $/o.json', 'gone', 'correct'),
    'label a damaged image':
    _annotate('$/cut -o $/o.json', 'cut.jpg', 'truncated'),
    'label to a strange file':
    _annotate('$/photos -o $/o.csv', 'o.csv', 'must end in'),
    'label with code':
    Case('', ('evil.pth', 'would run code'), LABEL, 'annotate',
         '$/evil.pth $/photos -o $/o.json'),
    'label with another model':
    Case('', ('prior.pth', 'use the c'), LABEL, 'annotate',
         '$/prior.pth $/photos -o $/o.json'),
}


def _difficulty(change: str, *words: str) -> Case:
    return Case(change, words, DIFFICULTY)


def _persons(name: str, *words: str) -> Case:
    return _difficulty(f"persons['ann_file'] = '$/persons_{name}.json'",
                       *words)


DIFFICULT = {
    'rate a pose with NaN': _persons('nan', 'keypoints[3]=', 'NaN', 'remove'),
    'rate joints that nobody sees':
    _persons('hidden', 'usable poses=0', 'half of the joints visible'),
    'rate poses that are all the same':
    _persons('same', 'all poses are the same', 'give poses that differ'),
    'rate fewer poses than bins':
    _persons('few', 'usable poses=9', 'lower num_bins'),
    'rate by a VAE of other joints':
    _difficulty("hook['checkpoint'] = '$/vae16.pth'", '(30, 17, 2)',
                'knows poses (N, 16, 2)'),
    'rate by no VAE':
    _difficulty("hook['checkpoint'] = '$/prior.pth'", 'prior.pth',
                'holds no PoseVAE'),
    'rate by code':
    _difficulty("hook['checkpoint'] = '$/evil.pth'", 'evil.pth',
                'would run code'),
    'rate without steps':
    _difficulty("hook['train'] = dict(steps=0)", 'steps=0', 'at least 1'),
    'no bin': _difficulty("hook['num_bins'] = 0", 'num_bins=0', 'at least 1'),
    'sampler without its hook':
    _difficulty('custom_hooks = []', 'scores=None', 'PoseDifficultyHook'),
    'unknown mode of the sampler':
    _difficulty("train_dataloader['sampler']['mode'] = 'soft'",
                "mode='soft'", 'choose from'),
    'no share of the items':
    _difficulty("train_dataloader['sampler']['share'] = 0.", 'share=0.0',
                'above 0'),
    'unknown bin':
    _difficulty("train_dataloader['sampler'].update(mode='bins', bins=[25])",
                'bins=(25,)', '0..24'),
}
CASES = {
    **DATA,
    **MODEL,
    **FILES,
    **COMPARISONS,
    **LABELS,
    **DIFFICULT
}
