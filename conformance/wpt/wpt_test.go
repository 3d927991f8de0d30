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

// TestNames checks that no two cases of a file have the same name and look at
// the same thing.
func TestNames(t *testing.T) {
	seen := map[[3]string]bool{}
	for _, c := range Cases() {
		key := [3]string{c.File, c.Name, c.Look}
		if seen[key] {
			t.Errorf("%q is there twice", key)
		}
		seen[key] = true
	}
}
