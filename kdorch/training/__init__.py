"""One training, as close to a bare loop as it gets. Knows no Optuna and no MLflow."""
