# What CI runs: tools, verify, kernels, tests, lint, slow.
check:
    bash .ci/run

# The README's first command: install, and verify the example pipeline.
verify:
    bash .ci/run verify

# The README's second command: install what the tests need, and run them.
test:
    bash .ci/run tests

lint:
    bash .ci/run lint

slow:
    bash .ci/run slow

format:
    .venv/bin/ruff check --fix
    .venv/bin/ruff format
