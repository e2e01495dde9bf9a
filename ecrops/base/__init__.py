"""What every floor above may use: changes, problems of values, rendering, lazy faces. It knows no AWS."""
