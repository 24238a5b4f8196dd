"""The code of docs/add_a_method.md runs."""
import re

import torch
from mmengine.runner import Runner
from mmpose.registry import MODELS
from shrink import shrink


def test_the_page_adds_a_method(repo, tmp_path, monkeypatch):
    page = (repo / 'docs/add_a_method.md').read_text()
    code, config = re.findall(r'```python\n(.*?)```', page, re.S)
    assert len((code + config).splitlines()) < 60
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / 'style_bias.py').write_text(code)
    path = tmp_path / 'style_bias_12shot.py'
    path.write_text(config.replace('./', f'{repo}/configs/demo/'))
    try:
        runner = Runner.from_cfg(shrink(path, tmp_path))
        model = runner.model
        before = {k: v.clone() for k, v in model.named_parameters()}
        runner.train()
        changed = [k for k, v in model.named_parameters()
                   if not torch.equal(v, before[k])]
        assert changed == ['generator.convs.1.adain1.affine.bias']
        shown = model.preview(2)
        assert not torch.equal(shown['source'], shown['adapted'])
        assert torch.equal(
            model.source_generator().adain(3).affine.bias, before[changed[0]])
        assert model.canvas['layer'] == 3
    finally:
        MODELS._module_dict.pop('StyleBias', None)
