"""One comparison of adaptation methods: its grid, its runs, its report."""
from .check import check_runs
from .grid import CONTROLS, Comparison, Run, expand, load_comparison
from .report import write_report, write_tables
from .schedule import in_own_process, run_all

__all__ = [
    'CONTROLS', 'Comparison', 'Run', 'check_runs', 'expand',
    'in_own_process', 'load_comparison', 'run_all', 'write_report',
    'write_tables'
]
