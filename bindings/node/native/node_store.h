// StreamStore's and FileBackedStreamStore's native half: a thalweg::Store seen from JavaScript.
//
// Changes take a `done(result)`, called within the call where there is nothing to wait for; one has
// a form that waits, too. Results and failures are plain objects; lib/store-results.cjs gives them
// their public shapes. The loop's thread only; the store itself also calls back and ends on others
// (done_calls.h, background.h).
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "addon_data.h"
#include "store_home.h"

namespace thalweg::node {

class NodeStore final : public Napi::ObjectWrap<NodeStore>, public Ending {
 public:
  static Napi::Function Define(Napi::Env env);

  // The home of a NodeStore in JavaScript; null where it is closed, and where no script can run.
  static std::shared_ptr<StoreHome> HomeOf(const Napi::Value& store);

  // ({dataDir, logFileBytes, tailBytesMax, failureNumber}), of a store in memory {}. Throws an
  // Error with a `code` where the directory cannot be opened.
  explicit NodeStore(const Napi::CallbackInfo& info);
  ~NodeStore() override;

  void EndNow() override;

 private:
  // Changes: (path, …, done).
  Napi::Value Create(const Napi::CallbackInfo& info);       // path, options, done
  Napi::Value Append(const Napi::CallbackInfo& info);       // path, data, options, done
  Napi::Value CloseStream(const Napi::CallbackInfo& info);  // path, options, done
  Napi::Value Remove(const Napi::CallbackInfo& info);       // path, done
  Napi::Value Clear(const Napi::CallbackInfo& info);        // done
  Napi::Value Wait(const Napi::CallbackInfo& info);         // path, offset, timeoutMs, done

  // As CloseStream; gives the result once it is durable.
  Napi::Value CloseStreamAndWait(const Napi::CallbackInfo& info);  // path

  Napi::Value Read(const Napi::CallbackInfo& info);              // path, offset, maxBytes, isUse
  Napi::Value ReadInBackground(const Napi::CallbackInfo& info);  // the same; a promise
  Napi::Value Get(const Napi::CallbackInfo& info);               // path
  Napi::Value Has(const Napi::CallbackInfo& info);               // path
  Napi::Value Touch(const Napi::CallbackInfo& info);             // path
  Napi::Value List(const Napi::CallbackInfo& info);
  Napi::Value CancelAllWaits(const Napi::CallbackInfo& info);
  Napi::Value FormatResponse(const Napi::CallbackInfo& info);  // contentType, buffers

  // Ends the store on a worker thread; a promise. REQUIRES: its routers, its servers and what is
  // read in the background have ended.
  Napi::Value Close(const Napi::CallbackInfo& info);

  Store& store() { return home_->store(); }
  template <typename T>
  StoreCallback<T> DoneOf(const Napi::Value& done);

  AddonData& addon_;
  std::shared_ptr<StoreHome> home_;  // null: closed
};

}  // namespace thalweg::node
