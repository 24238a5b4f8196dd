from .comparison import (errorbar_figure, labelled_grid_figure,
                         tsne_panels_figure)
from .figures import (before_after_figure, curves_figure, image_grid,
                      tsne_embed, tsne_figure)
from .save import save_image

__all__ = [
    'before_after_figure', 'curves_figure', 'errorbar_figure', 'image_grid',
    'labelled_grid_figure', 'save_image', 'tsne_embed', 'tsne_figure',
    'tsne_panels_figure'
]
