//go:build !noheavy

package main

import "example.com/keeps/heavy"

func init() { parts["heavy"] = heavy.Run }
