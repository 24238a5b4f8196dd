"""Stable Diffusion and a ControlNet of milliseconds, saved as diffusers do."""
import json
import string

import torch

END = '<|endoftext|>'
START = '<|startoftext|>'
INDEX = dict(
    _class_name='StableDiffusionPipeline',
    feature_extractor=[None, None],
    requires_safety_checker=False,
    safety_checker=[None, None],
    scheduler=['diffusers', 'DDIMScheduler'],
    text_encoder=['transformers', 'CLIPTextModel'],
    tokenizer=['transformers', 'CLIPTokenizer'],
    unet=['diffusers', 'UNet2DConditionModel'],
    vae=['diffusers', 'AutoencoderKL'])


def _save_tokenizer(folder):
    """Letters as tokens, no merges."""
    letters = string.ascii_lowercase
    tokens = [START, END, *letters, *(c + '</w>' for c in letters)]
    folder.mkdir(parents=True)
    (folder / 'vocab.json').write_text(
        json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / 'merges.txt').write_text('#version: 0.2\n')
    (folder / 'tokenizer_config.json').write_text(
        json.dumps(
            dict(
                tokenizer_class='CLIPTokenizer',
                bos_token=START,
                eos_token=END,
                unk_token=END,
                pad_token=END,
                model_max_length=16)))
    return len(tokens)


def _networks(vocabulary):
    from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=('DownBlock2D', 'CrossAttnDownBlock2D'),
        up_block_types=('CrossAttnUpBlock2D', 'UpBlock2D'),
        cross_attention_dim=8,
        attention_head_dim=2,
        norm_num_groups=4)
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 8, 8),
        down_block_types=('DownEncoderBlock2D', ) * 4,
        up_block_types=('UpDecoderBlock2D', ) * 4,
        latent_channels=4,
        norm_num_groups=4,
        sample_size=64)
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=8,
            intermediate_size=16,
            num_attention_heads=2,
            num_hidden_layers=1,
            max_position_embeddings=16,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1))
    control = ControlNetModel.from_unet(
        unet, conditioning_embedding_out_channels=(4, 4, 4, 4))
    with torch.no_grad():  # the residuals' zero convolutions say nothing yet
        for name, value in control.named_parameters():
            if not value.any():
                value.normal_(std=.5)
    return unet, vae, text, control


def save(folder):
    """Write ``folder/base`` and ``folder/control``; return both as str."""
    from diffusers import DDIMScheduler
    base, control = folder / 'base', folder / 'control'
    vocabulary = _save_tokenizer(base / 'tokenizer')
    unet, vae, text, controlnet = _networks(vocabulary)
    for part, model in dict(unet=unet, vae=vae, text_encoder=text).items():
        model.save_pretrained(base / part, safe_serialization=True)
    controlnet.save_pretrained(control, safe_serialization=True)
    DDIMScheduler(
        beta_start=.00085,
        beta_end=.012,
        beta_schedule='scaled_linear',
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1).save_pretrained(base / 'scheduler')
    (base / 'model_index.json').write_text(json.dumps(INDEX))
    return str(base), str(control)
