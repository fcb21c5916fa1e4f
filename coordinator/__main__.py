"""`python -m coordinator`: the console script under another name, and nothing else."""

from coordinator.entry import main

if __name__ == "__main__":
    main()
