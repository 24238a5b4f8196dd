from .inverse_decay import InverseDecayLR
from .multi_optimizer import MultiOptimWrapperConstructor

__all__ = ['InverseDecayLR', 'MultiOptimWrapperConstructor']
