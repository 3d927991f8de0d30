// Caddy is Caddy with its standard modules and corsac.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/corsac-dev/corsac/adapters/caddy"
)

func main() { caddycmd.Main() }
