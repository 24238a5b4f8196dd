from .multi_optimizer import MultiOptimWrapperConstructor

__all__ = ['MultiOptimWrapperConstructor']
