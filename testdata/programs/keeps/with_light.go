//go:build !nolight

package main

import "example.com/keeps/light"

func init() { parts["light"] = light.Run }
