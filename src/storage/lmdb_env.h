// Crosses threads: read transactions of any thread, and the map they look through, which may only
// be replaced while none is under way.
//
// An LMDB environment of one folder: data.mdb, which a writer keeps as long as its map (the unused
// part takes no space), and lock.mdb. The same one must not be open twice in a process.
#pragma once

#include <lmdb.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/folder_names.h"

namespace thalweg {

// What LMDB or the system answered, as a fault: `tried` and its message. REQUIRES: code is not 0.
std::unexpected<StorageFault> LmdbFault(int code, const std::string& tried);

class LmdbEnv {
 public:
  // Growth ends here; it is the space of addresses that is reserved, not memory or disk.
  static constexpr uint64_t kMapBytesMax = uint64_t{1} << 40;

  enum class Mode : uint8_t {
    kWrite,
    kRead,        // beside one who writes
    kReadAtRest,  // nobody writes; makes and changes no lock file
  };
  struct Options {
    Mode mode = Mode::kWrite;
    bool fresh = false;      // the file is empty and is to become an environment
    uint64_t map_bytes = 0;  // at least; kWrite only
  };

  // A read transaction: sees one whole commit as long as it lives. One thread's.
  class Read {
   public:
    Read(LmdbEnv& env, MDB_txn* txn) : env_(&env), txn_(txn) {}
    Read(Read&& other) noexcept : env_(other.env_), txn_(std::exchange(other.txn_, nullptr)) {}
    Read& operator=(Read&&) = delete;
    ~Read();
    MDB_txn* txn() const { return txn_; }

   private:
    LmdbEnv* env_;
    MDB_txn* txn_;  // null: moved from
  };

  // Opens the file `data_file` of the folder `path`. kDamage: it is cut, or not of LMDB.
  [[nodiscard]] static StorageResult<std::unique_ptr<LmdbEnv>> Open(const std::string& path,
                                                                    const std::string& data_file,
                                                                    const Options& options);

  // For Open.
  LmdbEnv(std::string path, std::string data_file)
      : path_(std::move(path)), data_file_(std::move(data_file)) {}
  ~LmdbEnv();
  LmdbEnv(const LmdbEnv&) = delete;
  LmdbEnv& operator=(const LmdbEnv&) = delete;

  // THREAD: any. REQUIRES: this thread has no other Read.
  [[nodiscard]] StorageResult<Read> BeginRead();

  // To open tables in, before any Read. The caller commits or aborts.
  [[nodiscard]] StorageResult<MDB_txn*> BeginSetup();

  // THREAD: one at a time. The caller commits or aborts.
  [[nodiscard]] StorageResult<MDB_txn*> BeginWrite();

  // Doubles file and map; waits until no Read lives, and holds up new ones meanwhile.
  // REQUIRES: no write transaction.
  [[nodiscard]] StorageResult<void> Grow();

  // Writes what is committed now, compacted, to a file that is empty, not synced. THREAD: any;
  // holds up Grow.
  [[nodiscard]] StorageResult<void> CopyTo(const File& file);

  // Takes the map's pages out of the process; the system may keep them in its cache. What reads
  // them maps them again. THREAD: any; holds up Grow.
  void ForgetPages();

  std::string data_path() const { return path_ + "/" + data_file_; }

 private:
  struct Closer {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };

  bool HasUsualName() const { return data_file_ == kCatalogFile; }
  StorageResult<void> OpenEnv(const Options& options);
  StorageResult<void> PrepareLock() const;
  int OpenRaw(const Options& options, uint64_t map_bytes);
  uint64_t map_bytes() const;
  StorageResult<uint64_t> FileBytes() const;
  StorageResult<void> SyncFile() const;
  StorageResult<void> ExtendFile(uint64_t bytes);
  StorageResult<void> CheckWhole() const;
  StorageResult<void> DropDeadReaders();
  template <typename Call>
  int RetryResized(Call call);
  int BeginReadOnce(MDB_txn*& txn);
  void EndRead(MDB_txn* txn);
  void Enter();
  void Leave();
  MDB_txn* TakeIdle();
  int SetMapBytes(uint64_t bytes);
  std::unexpected<StorageFault> Refused(int code, const std::string& tried) const;

  const std::string path_;
  const std::string data_file_;
  std::unique_ptr<MDB_env, Closer> env_;

  // A shared_mutex would do, but readers that follow each other closely could starve its writer.
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t reading_ = 0;          // Reads that live; guarded by mutex_
  bool paused_ = false;         // somebody replaces the map, or waits to; guarded by mutex_
  std::vector<MDB_txn*> idle_;  // reset, to be renewed; guarded by mutex_
};

}  // namespace thalweg
