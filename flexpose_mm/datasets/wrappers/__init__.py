"""Datasets made from other datasets."""
