from .figures import (before_after_figure, curves_figure, image_grid,
                      tsne_embed, tsne_figure)
from .save import save_image

__all__ = [
    'before_after_figure', 'curves_figure', 'image_grid', 'save_image',
    'tsne_embed', 'tsne_figure'
]
