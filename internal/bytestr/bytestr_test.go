package bytestr

import "testing"

func TestRoundTrip(t *testing.T) {
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	for _, s := range []string{"", "plain", "é as UTF-8", "\xe9 as a byte", string(all)} {
		if got, ok := Encode(Decode(s)); got != s || !ok {
			t.Errorf("%q comes back as %q, %t", s, got, ok)
		}
	}
	if got := Decode("\xe9"); got != "é" {
		t.Errorf("Decode: %q", got)
	}
	for _, s := range []string{"€", "a\u0100", "\xff"} {
		if got, ok := Encode(s); got != "" || ok {
			t.Errorf("Encode(%q) = %q, %t", s, got, ok)
		}
	}
}
