module example.com/vulnerable

go 1.20

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	github.com/tidwall/gjson v1.6.4
	golang.org/x/crypto v0.6.0
	golang.org/x/net v0.7.0
	golang.org/x/text v0.7.0
	gopkg.in/yaml.v3 v3.0.0-20200313102051-9f266ea9e77c
)

require (
	github.com/tidwall/match v1.0.1 // indirect
	github.com/tidwall/pretty v1.0.2 // indirect
	golang.org/x/sys v0.5.0 // indirect
)
