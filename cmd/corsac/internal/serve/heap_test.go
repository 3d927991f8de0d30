package serve

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	for inUse, want := range map[uint64]int{0: 400, 1 << 20: 400, 4 << 20: 400, 8 << 20: 200, 16 << 20: 100, 1 << 40: 100, ^uint64(0): 100} {
		if got := percentFor(inUse); got != want {
			t.Errorf("%d in use: %d %%, want %d %%", inUse, got, want)
		}
	}
}

// TestCollectLess checks that the collector follows what is in use, and that it is
// the user's again at the end.
func TestCollectLess(t *testing.T) {
	t.Setenv("GOGC", "")
	if err := os.Unsetenv("GOGC"); err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	end := collectLess()
	waitForPercent(t, mostPercent)
	func() {
		large := make([]byte, 3*spareHeap)
		waitForPercent(t, 100)
		runtime.KeepAlive(large)
	}()
	waitForPercent(t, mostPercent)
	end()
	runtime.GC()
	waitForPercent(t, 100)

	t.Setenv("GOGC", "50")
	collectLess()()
	waitForPercent(t, 100)
}

// waitForPercent waits until the collector lets so much be allocated.
func waitForPercent(t *testing.T, want uint64) {
	t.Helper()
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if metrics.Read(percent); percent[0].Value.Uint64() == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d %%, want %d %%", percent[0].Value.Uint64(), want)
		}
		runtime.GC()
	}
}
