// Old dependencies with known vulnerabilities: some of their functions are called, some only linked, some not in the program.
package main

import (
	"fmt"
	"os"

	jwt "github.com/dgrijalva/jwt-go"
	"github.com/tidwall/gjson"
	"golang.org/x/crypto/ssh"
	"golang.org/x/net/html"
	"golang.org/x/net/http2"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

func main() {
	claims := jwt.MapClaims{"aud": "x"}
	fmt.Println(claims.VerifyAudience("x", true))
	fmt.Println(gjson.Get(`{"a":{"b":1}}`, os.Args[0]))
	tags, _, err := language.ParseAcceptLanguage(os.Args[0])
	fmt.Println(tags, err)
	var out any
	fmt.Println(yaml.Unmarshal([]byte(os.Args[0]), &out))
	_, err = ssh.ParsePrivateKey([]byte(os.Args[0]))
	fmt.Println(err, html.EscapeString(os.Args[0]), http2.ErrCodeNo)
}
