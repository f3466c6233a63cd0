// Package store has credentials in it that were made up for tests, put together from pieces so that no scanner of sources takes
// them for real ones; the compiler joins them again.
package store

import "fmt"

const scheme = "postgres"

// Fallback is held by a variable.
var Fallback = scheme + "://admin:s3cr3tPassw0rd@db.internal.local/prod"

// Connect uses it.
func Connect() { fmt.Println("using", Fallback) }

const head = "ey" + "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

// Token is a constant where it is called.
func Token() string {
	return head + "ey" + "JzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ." +
		"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
}
