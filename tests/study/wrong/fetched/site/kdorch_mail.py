"""A dataset whose files are fetched."""

import kdorch


class Mail(kdorch.Fetched, kdorch.Dataset, name="mail", tasks={"classification"}):
    """Letters of others."""

    source = kdorch.Npm(
        "mail",
        "1.0.0",
        files={
            "labels.csv": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
            "rows.csv": "52186c933993da4082b3cdc7c40bb4bf735b391ff54a2ef78c037dda6c38a680",
        },
        size=20_000_000,
    )


@kdorch.hookimpl
def register_datasets(register):
    """Offer the dataset."""
    register(Mail)
