package wpt

import "testing"

// TestCases checks that all cases come out as asserted, except those whose
// difference is explained, and that nothing else is.
func TestCases(t *testing.T) {
	rows, differences, unexplained, err := Measure()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range unexplained {
		t.Error(text)
	}
	for _, d := range differences {
		if d.Cases == 0 {
			t.Errorf("%s, %s: no case of %q differs", d.Profile, d.File, d.About)
		}
	}
	total := 0
	for _, r := range rows {
		total += r.Cases
	}
	if total < 200 {
		t.Errorf("%d cases", total)
	}
}

// TestNames checks that no two cases of a file have the same name, that each
// asserts something, and that the copies of the files are known.
func TestNames(t *testing.T) {
	seen := map[[2]string]bool{}
	for _, c := range Cases() {
		key := [2]string{c.File, c.Name}
		if seen[key] {
			t.Errorf("%q is there twice", key)
		}
		seen[key] = true
		if len(c.Checks) == 0 {
			t.Errorf("%q checks nothing", key)
		}
	}
	for _, s := range Sources() {
		if Copies[s.Copy] == "" || len(s.At) != 10 {
			t.Errorf("%s: copy %q at %q", s.File, s.Copy, s.At)
		}
	}
}

// TestSee checks that assertions of every kind can fail, and that the first
// one that does is returned.
func TestSee(t *testing.T) {
	for look, want := range map[string]string{
		"result": "cors", "status": "200", "methods": "OPTIONS PUT", "read content-type": "text/plain", "sent X-Test": "1",
		"asked Access-Control-Request-Method": "PUT", "asked X-Test": absent, "cookies": "",
	} {
		q := cors(remote + "/")
		q.Method, q.Headers = "PUT", header("X-Test", "1")
		for _, check := range []Check{{look, want, false}, {look, want, true}, {look, "something else", false}, {look, "something else", true}} {
			c := &Case{
				Request: q, Preflights: list(allowing("PUT", "x-test")), Responses: list(to(200, star, plainText)),
				Checks: append(expect("result", "cors"), check),
			}
			failed, got, err := c.See(0)
			if err != nil {
				t.Fatal(err)
			}
			if fails := (check.Want == want) == check.Not; fails != (failed != nil) {
				t.Errorf("%+v: failed is %t, got %q", check, failed != nil, got)
			}
		}
	}
}
