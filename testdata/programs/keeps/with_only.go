//go:build !noonly

package main

import _ "example.com/keeps/only"
