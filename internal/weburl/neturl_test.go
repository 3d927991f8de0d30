package weburl

import (
	"net/url"
	"reflect"
	"testing"
)

func TestNetURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, target, want string }{
		{"http://h", "/", "http://h/"},
		{"https://h:8443/a%20b?x=%zz#f", "/a%20b?x=%zz", "https://h:8443/a%20b?x=%zz"},
		{"http://h/%zz", "/%zz", "http://h/%25zz"},
		{"http://h/a|b", "/a|b", "http://h/a%7Cb"},
		{"http://h/a%2Fb?", "/a%2Fb?", "http://h/a%2Fb?"},
		{"http://u:p%40@[::1]:81//x", "//x", "http://u:p%40@[::1]:81//x"},
		{"http://u@h/", "/", "http://u@h/"},
		{`http:\\0x7f.1\x`, "/x", "http://127.0.0.1/x"},
	} {
		u, err := Parse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := u.NetURL()
		if u.Target() != c.target || n.String() != c.want {
			t.Errorf("%q: Target %q, NetURL %q, want %q, %q", c.in, u.Target(), n, c.target, c.want)
		}
		if n.String() == c.in { // where both standards agree, so do their packages
			twin, err := url.Parse(c.in)
			if err != nil || !reflect.DeepEqual(twin, n) {
				t.Errorf("%q: NetURL %#v, net/url has %#v", c.in, n, twin)
			}
		}
	}
}
