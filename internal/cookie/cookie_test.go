package cookie

import (
	"net/http"
	"testing"
)

// Cookies are read as browsers do, and not as net/http does.
func TestParse(t *testing.T) {
	for _, c := range []struct{ line, name, value string }{
		{`a=b`, "a", "b"},
		{` a = b ; Path=/`, "a", "b"},
		{`a="b c"`, "a", `"b c"`},
		{`a=b"c`, "a", `b"c`},
		{`a b=c,d\é`, "a b", `c,d\é`},
		{`a=`, "a", ""},
		{`=b`, "", "b"},
		{`b`, "", "b"},
		{`a=b=c`, "a", "b=c"},
		{``, "", ""},
		{`;`, "", ""},
		{`=`, "", ""},
		{"a=b\x00", "", ""},
		{"a=b\nc", "", ""},
		{"a=b; Path=/\x01", "", ""},
		{"a=b; x\x7f", "", ""},
		{"a=b;\tPath=/", "a", "b"},
		{"a=\tb\tc\t", "a", "b\tc"},
	} {
		h, err := Parse(c.line)
		if ok := c.name+c.value != ""; ok != (err == nil) || ok && (h.Name != c.name || h.Value != c.value) {
			t.Errorf("%q: %+v, %v", c.line, h, err)
		}
	}
	h, err := Parse(`a=b; Secure; SameSite=None; Domain=.x.example; Max-Age=5; Partitioned; HttpOnly; unheard`)
	if err != nil || !h.Secure || h.SameSite != http.SameSiteNoneMode || h.MaxAge != 5 || !h.Partitioned || !h.HttpOnly {
		t.Errorf("attributes: %+v, %v", h, err)
	}
}

func TestIsInfrastructure(t *testing.T) {
	for name, want := range map[string]bool{
		"AWSALB": true, "AWSALBCORS": true, "ARRAffinity": true, "__cf_bm": true, "visid_incap_12": true, "BIGipServerpool_a": true,
		"sid": false, "sessionid": false, "XSRF-TOKEN": false, "AWSALBX": false, "": false, "nsc_": false,
	} {
		if IsInfrastructure(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}
