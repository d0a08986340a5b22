"""What is trained: LightningModules, their losses and metrics."""
