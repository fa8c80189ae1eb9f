package sqlite

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"confab/app/chat"
)

// syncs counts how often SQLite waits for the disk to have a file. It is a layer
// between SQLite and its layer for the operating system's files: that one's open
// gives each file a table of functions, and here each gets one whose xSync counts
// before it goes on to the true one.
var syncs struct {
	install sync.Once
	open    uintptr  // the true xOpen
	sync    uintptr  // the true xSync
	tables  sync.Map // of the true tables to those that count
	files   sync.Map // of open files to their counts
	counts  sync.Map // of paths to their counts, *atomic.Int64
}

// countSyncs puts the layer in, for all databases that the process opens from
// then on, and returns the count of a file.
func countSyncs(path string) *atomic.Int64 {
	syncs.install.Do(func() {
		tls := libc.NewTLS()
		defer tls.Close()
		vfs := (*sqlite3.Tsqlite3_vfs)(pointer(sqlite3.Xsqlite3_vfs_find(tls, 0)))
		syncs.open = vfs.FxOpen
		vfs.FxOpen = address(countingOpen)
	})
	count, _ := syncs.counts.LoadOrStore(path, new(atomic.Int64))
	return count.(*atomic.Int64)
}

// pointer is the memory at an address that is not Go's.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// address is a Go function, which must be declared and no closure, as C's code
// calls it.
func address(function any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&function))[1] }

func countingOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	open := *(*func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32)(unsafe.Pointer(&struct{ uintptr }{syncs.open}))
	status := open(tls, vfs, name, file, flags, out)
	opened := (*sqlite3.Tsqlite3_file)(pointer(file))
	if status != sqlite3.SQLITE_OK || opened.FpMethods == 0 || name == 0 {
		return status
	}
	count, counted := syncs.counts.Load(libc.GoString(name))
	if !counted {
		return status
	}
	syncs.files.Store(file, count)
	table, known := syncs.tables.Load(opened.FpMethods)
	if !known {
		methods := *(*sqlite3.Tsqlite3_io_methods)(pointer(opened.FpMethods))
		syncs.sync, methods.FxSync = methods.FxSync, address(countingSync)
		table = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(methods)))
		*(*sqlite3.Tsqlite3_io_methods)(pointer(table.(uintptr))) = methods
		syncs.tables.Store(opened.FpMethods, table)
	}
	opened.FpMethods = table.(uintptr)
	return status
}

func countingSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if count, ok := syncs.files.Load(file); ok {
		count.(*atomic.Int64).Add(1)
	}
	sync := *(*func(*libc.TLS, uintptr, int32) int32)(unsafe.Pointer(&struct{ uintptr }{syncs.sync}))
	return sync(tls, file, flags)
}

// When Update returns, the disk has been waited for: the write-ahead log is synced
// with each commit, which it is not with synchronous=NORMAL or OFF.
func TestEachCommitWaitsForTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confab.db")
	count := countSyncs(path + "-wal")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range 20 {
		before := count.Load()
		if err := s.Update(t.Context(), func(tx chat.Tx) error {
			return tx.SetSetting(t.Context(), "test", string(rune('a'+i)))
		}); err != nil {
			t.Fatal(err)
		}
		if count.Load() == before {
			t.Fatalf("commit %d returned before the disk had it", i+1)
		}
	}
	before := count.Load()
	if _, err := s.Setting(t.Context(), "test"); err != nil || count.Load() != before {
		t.Errorf("reading waits for the disk: %v", err)
	}
}
