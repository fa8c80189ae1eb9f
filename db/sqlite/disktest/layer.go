package disktest

import (
	"path/filepath"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// layer is between SQLite and its layer for the operating system's files. The open function
// of that layer gives each file a table of functions. Here the files of recorded folders get
// tables whose functions record what they do. C code calls these functions, so they cannot be
// methods or closures, and what they need is here.
var layer struct {
	install                           sync.Once
	open, remove                      uintptr  // the real ones; these are of the whole layer
	write, truncate, sync             uintptr  // and these of all its files
	disks, names, recording, recorded sync.Map // by folder; by open file; from real to recording tables; from open file to its disk
}

// Record records what SQLite does to the files of a folder that the process opens from then
// on.
func Record(dir string) *Disk {
	layer.install.Do(func() {
		tls := libc.NewTLS()
		defer tls.Close()
		vfs := (*sqlite3.Tsqlite3_vfs)(pointer(sqlite3.Xsqlite3_vfs_find(tls, 0)))
		layer.open, vfs.FxOpen = vfs.FxOpen, address(open)
		layer.remove, vfs.FxDelete = vfs.FxDelete, address(remove)
	})
	d := &Disk{}
	layer.disks.Store(filepath.Clean(dir), d)
	return d
}

// pointer returns a pointer to an address outside Go's memory.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// address returns the address of a Go function that C code can call.
func address(function any) uintptr { return (*[2]uintptr)(unsafe.Pointer(&function))[1] }

// real returns the Go function at an address.
func real[F any](at uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{at})) }

// diskOf returns the disk of a path, and its name there.
func diskOf(path string) (*Disk, string) {
	d, ok := layer.disks.Load(filepath.Dir(path))
	if !ok {
		return nil, ""
	}
	return d.(*Disk), filepath.Base(path)
}

func open(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
	status := real[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](layer.open)(tls, vfs, name, file, flags, out)
	opened := (*sqlite3.Tsqlite3_file)(pointer(file))
	if status != sqlite3.SQLITE_OK || opened.FpMethods == 0 || name == 0 {
		return status
	}
	disk, base := diskOf(libc.GoString(name))
	if disk == nil {
		return status
	}
	layer.recorded.Store(file, disk)
	layer.names.Store(file, base)
	table, known := layer.recording.Load(opened.FpMethods)
	if !known {
		methods := *(*sqlite3.Tsqlite3_io_methods)(pointer(opened.FpMethods))
		layer.write, methods.FxWrite = methods.FxWrite, address(write)
		layer.truncate, methods.FxTruncate = methods.FxTruncate, address(truncate)
		layer.sync, methods.FxSync = methods.FxSync, address(syncFile)
		table = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(methods)))
		*(*sqlite3.Tsqlite3_io_methods)(pointer(table.(uintptr))) = methods
		layer.recording.Store(opened.FpMethods, table)
	}
	opened.FpMethods = table.(uintptr)
	return status
}

// record records an operation on an open file.
func record(at uintptr, o operation) {
	disk, ok := layer.recorded.Load(at)
	name, named := layer.names.Load(at)
	if ok && named {
		o.file = name.(string)
		disk.(*Disk).add(o)
	}
}

func write(tls *libc.TLS, file, data uintptr, size int32, at int64) int32 {
	status := real[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](layer.write)(tls, file, data, size, at)
	if status == sqlite3.SQLITE_OK {
		written := append([]byte(nil), unsafe.Slice((*byte)(pointer(data)), size)...)
		record(file, operation{kind: writes, at: at, data: written})
	}
	return status
}

func truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	status := real[func(*libc.TLS, uintptr, int64) int32](layer.truncate)(tls, file, size)
	if status == sqlite3.SQLITE_OK {
		record(file, operation{kind: truncates, at: size})
	}
	return status
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	status := real[func(*libc.TLS, uintptr, int32) int32](layer.sync)(tls, file, flags)
	if status == sqlite3.SQLITE_OK {
		record(file, operation{kind: syncs})
	}
	return status
}

func remove(tls *libc.TLS, vfs, name uintptr, syncFolder int32) int32 {
	status := real[func(*libc.TLS, uintptr, uintptr, int32) int32](layer.remove)(tls, vfs, name, syncFolder)
	if status == sqlite3.SQLITE_OK && name != 0 {
		if disk, base := diskOf(libc.GoString(name)); disk != nil {
			disk.add(operation{kind: removes, file: base})
		}
	}
	return status
}
