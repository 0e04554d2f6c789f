"""Original problems, a folder each: data that `legacy.demo.practice` reads. docs/practice-problems.md has the form."""
