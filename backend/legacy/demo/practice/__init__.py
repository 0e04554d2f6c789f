"""The practice set: original problems in `legacy/demo/problems/`, and the demonstration that is made of them."""

from legacy.demo.practice.execution import Outcome, Program
from legacy.demo.practice.folders import LANGUAGES, PROBLEMS, ProblemFolder, ProblemFolderError, read_folders
from legacy.demo.practice.problem_set import PLATFORM, PracticeProblem, practice_problems

__all__ = [
    "LANGUAGES",
    "PLATFORM",
    "PROBLEMS",
    "Outcome",
    "PracticeProblem",
    "ProblemFolder",
    "ProblemFolderError",
    "Program",
    "practice_problems",
    "read_folders",
]
