from .comparison import (errorbar_figure, labelled_grid_figure,
                         tsne_panels_figure)
from .figures import (bars_figure, before_after_figure, curves_figure,
                      image_grid, tsne_embed, tsne_figure)
from .lifting import error_figure, hypotheses_figure, sequence_frames
from .save import save_animation, save_image

__all__ = [
    'bars_figure', 'before_after_figure', 'curves_figure', 'error_figure',
    'errorbar_figure', 'hypotheses_figure', 'image_grid',
    'labelled_grid_figure', 'save_animation', 'save_image',
    'sequence_frames', 'tsne_embed', 'tsne_figure', 'tsne_panels_figure'
]
