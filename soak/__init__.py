"""Soaks: what takes minutes, and says whether nothing is lost, grows, or stays open.

Law: a soak ends with figures and a verdict, and with exit code 1 where the verdict is bad.
"""
