#!/bin/sh
# Stands for the unit tests where configure did not find their libraries.
echo "1..0 # SKIP libcmocka-dev or libjson-c-dev was not there at configure"
