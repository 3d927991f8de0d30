// Package cookie reads Set-Cookie lines as browsers do.
package cookie

import (
	"errors"
	"net/http"
	"strings"
)

var errNoCookie = errors.New("a cookie has a name or a value, without control characters")

// Parse reads a Set-Cookie line (RFC 6265bis §5.6). Unlike
// [http.ParseSetCookie], it takes names and values as they are: any bytes but
// the semicolon, quotes included. A line without an equals sign is a value
// without a name. The error says that the line holds no cookie, as every line
// with a control character other than tab.
func Parse(line string) (*http.Cookie, error) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		name, value = "", pair
	}
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	isControl := func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }
	if name == "" && value == "" || strings.ContainsFunc(line, isControl) {
		return nil, errNoCookie
	}
	c, _ := http.ParseSetCookie("n=v;" + attributes) // which reads attributes as browsers do, and refuses none
	c.Name, c.Value, c.Raw = name, value, line
	return c, nil
}
