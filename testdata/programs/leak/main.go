// Command leak has credentials in it.
package main

import "example.com/leak/store"

// A string of the token's length, which the linker puts behind it.
//
//go:noinline
func other() string {
	return "aVeryLongStringConstantThatFollowsTheTokenInTheStringsOfTheProgramBecauseItIsOfTheSameLengthAsTheToken" +
		"AndItIsMadeOfLettersAndDigits012345678901234567890123"
}

func main() {
	store.Connect()
	println(store.Token(), other())
}
