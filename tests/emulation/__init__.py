"""The emulator itself: each statement it makes about AWS, seen through boto3 on both transports.

These tests show that the emulator says what we read in AWS's model and guide. They do not show what AWS does.
"""
