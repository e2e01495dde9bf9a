"""The services of the emulated AWS: moto, plus what moto lacks or gets wrong for ECR."""

from ecrops.testing.emulator.needs import check

check()
