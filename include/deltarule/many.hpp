// Many networks trained side by side: the folds of a cross-validation, seeds, settings, the members of an ensemble.
// One network each; training one network with several threads is in trainer.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "deltarule/error.hpp"
#include "deltarule/network.hpp"
#include "deltarule/rows.hpp"
#include "deltarule/training.hpp"

namespace deltarule {

/// One network and how it is to be trained. Owns nothing: network and arrays must outlive the call.
template <class T>
struct BasicJob {
  BasicNetwork<T>* network = nullptr;  ///< no other job may have the same one
  TrainerOptions options = {};         ///< `threads` is only checked: a job has one core
  Rows<T> x = {};                      ///< [n × inputs]
  Rows<T> t = {};                      ///< [n × outputs]
  /// The rows of x and t to train on, counting from 0, for a fold without a copy of the table; empty = all. Pattern p
  /// of the run, in orders and messages, is row rows[p].
  std::span<const std::uint32_t> rows = {};
  Rows<T> x_validation = {};                            ///< [m × inputs]; m = 0: no validation set
  Rows<T> t_validation = {};                            ///< [m × outputs]
  std::span<const std::uint32_t> validation_rows = {};  ///< rows of the validation arrays; empty = all
  FitSettings settings = {};
  /// None, or the weights of all rows of x and t, [n], and of the validation arrays, [m]. Such a job has a core to
  /// itself.
  std::span<const T> weights = {}, weights_validation = {};
};

using Job = BasicJob<float>;
using JobF64 = BasicJob<double>;

/// Trains every job and returns the results in the order of the jobs. Network and result of each are, to the bit, those
/// of a new BasicTrainer(network, options) whose fit() is given the job's rows, whatever the other jobs and the number
/// of threads are. threads: how many to use, 0 = as many as the machine has.
///
/// A job that fails has its Error in its place and touches no other. Besides the errors of fit(): spec for a job
/// without a network or with the network of an earlier job, data for a row that does not exist, and interrupted for a
/// settings.on_epoch that throws, the weights then being those after that epoch. on_epoch is called by whichever thread
/// trains the job, for several jobs at the same time.
///
/// Jobs with small networks and equal spec, kind of rule, batch size, reduction and kinds of penalty share a core: one
/// network in each lane of its vectors. Seeds, weights, rates, rows and lengths may differ.
std::vector<Result<FitResult>> fit_many(std::span<Job> jobs, std::size_t threads = 0);
std::vector<Result<FitResult>> fit_many(std::span<JobF64> jobs, std::size_t threads = 0);

}  // namespace deltarule
