"""What the pipeline does: one file and one public function each."""
