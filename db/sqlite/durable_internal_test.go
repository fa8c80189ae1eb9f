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

// syncs counts how often SQLite waits for a file to be on the disk. It is a layer
// between SQLite and its layer for the operating system's files. The open function
// of that layer gives each file a table of functions. Here each file gets a table
// whose xSync counts before it calls the real one.
var syncs struct {
	install sync.Once
	open    uintptr  // the real xOpen
	sync    uintptr  // the real xSync
	tables  sync.Map // from the real tables to the counting ones
	files   sync.Map // from open files to their counts
	counts  sync.Map // from paths to their counts, *atomic.Int64
}

// countSyncs adds the layer for all databases that the process opens from then on,
// and returns the count of a file.
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

// pointer returns a pointer to an address outside Go's memory.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// address returns the address of a Go function. The function must be declared and
// must not be a closure, because C code calls it.
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

// When Update returns, the data are on the disk: the write-ahead log is synced with
// each commit. With synchronous=NORMAL or OFF it would not be.
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
