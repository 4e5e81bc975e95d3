// The three matrix products of a layer, by the library that the build names. All matrices are row-major; weights are
// [sending][receiving] without gaps. One pattern goes to the library's matrix-vector routines where it has them.
#pragma once

#include <cstddef>
#include <string>

#if defined(PEER_DNNL)
#include <dnnl.h>
#elif defined(PEER_XSMM)
#include <libxsmm.h>
#else
// Both libraries offer this interface; declared here so that either links without the other's header.
extern "C" {
void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b,
                 int ldb, float beta, float* c, int ldc);
void cblas_sgemv(int order, int ta, int m, int n, float alpha, const float* a, int lda, const float* x, int dx,
                 float beta, float* y, int dy);
void cblas_sger(int order, int m, int n, float alpha, const float* x, int dx, const float* y, int dy, float* a,
                int lda);
#if defined(PEER_BLIS)
const char* bli_info_get_version_str(void);
#else
char* openblas_get_config(void);
char* openblas_get_corename(void);
#endif
}
#endif

namespace product {

inline std::string version() {
#if defined(PEER_DNNL)
  const dnnl_version_t* v = dnnl_version();
  return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
#elif defined(PEER_XSMM)
  return "libxsmm " LIBXSMM_VERSION;
#elif defined(PEER_BLIS)
  return std::string("BLIS ") + bli_info_get_version_str();
#else
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE …"
  return config.substr(0, config.find(' ', config.find(' ') + 1)) + " running " + openblas_get_corename();
#endif
}

/// C = factor · A·B + onto · C; C is m×n, the inner length k.
inline void gemm(bool ta, bool tb, std::size_t m, std::size_t n, std::size_t k, float factor, const float* a,
                 std::size_t lda, const float* b, std::size_t ldb, float onto, float* c, std::size_t ldc) {
#if defined(PEER_DNNL)
  const auto i = [](std::size_t value) { return static_cast<dnnl_dim_t>(value); };
  dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', i(m), i(n), i(k), factor, a, i(lda), b, i(ldb), onto, c, i(ldc));
#elif defined(PEER_XSMM)
  // Column-major: the same memory is the transposed product with the factors exchanged. What its JIT compiler does not
  // cover goes to the BLAS it is linked with.
  const char first = tb ? 'T' : 'N', second = ta ? 'T' : 'N';
  const auto i = [](std::size_t value) { return static_cast<libxsmm_blasint>(value); };
  const libxsmm_blasint rows = i(n), columns = i(m), inner = i(k), ld_a = i(lda), ld_b = i(ldb), ld_c = i(ldc);
  libxsmm_sgemm(&first, &second, &rows, &columns, &inner, &factor, b, &ld_b, a, &ld_a, &onto, c, &ld_c);
#else
  const auto i = [](std::size_t value) { return static_cast<int>(value); };
  cblas_sgemm(101, ta ? 112 : 111, tb ? 112 : 111, i(m), i(n), i(k), factor, a, i(lda), b, i(ldb), onto, c, i(ldc));
#endif
}

#if defined(PEER_DNNL) || defined(PEER_XSMM)
constexpr bool kHasVectorRoutines = false;
inline void gemv(bool, std::size_t, std::size_t, const float*, const float*, float, float*) {}
inline void ger(std::size_t, std::size_t, float, const float*, const float*, float*) {}
#else
constexpr bool kHasVectorRoutines = true;
/// y = A·x + onto · y, A m×n or transposed.
inline void gemv(bool ta, std::size_t m, std::size_t n, const float* a, const float* x, float onto, float* y) {
  const auto i = [](std::size_t value) { return static_cast<int>(value); };
  cblas_sgemv(101, ta ? 112 : 111, i(m), i(n), 1.0F, a, i(n), x, 1, onto, y, 1);
}
/// A += factor · x·yᵀ.
inline void ger(std::size_t m, std::size_t n, float factor, const float* x, const float* y, float* a) {
  const auto i = [](std::size_t value) { return static_cast<int>(value); };
  cblas_sger(101, i(m), i(n), factor, x, 1, y, 1, a, i(n));
}
#endif

/// Z += A·W: net inputs, on top of the biases that are already there.
inline void times_weights(std::size_t patterns, std::size_t in, std::size_t out, const float* a, std::size_t a_stride,
                          const float* w, float* z, std::size_t z_stride) {
  if (kHasVectorRoutines && patterns == 1)
    gemv(true, in, out, w, a, 1.0F, z);
  else
    gemm(false, false, patterns, out, in, 1.0F, a, a_stride, w, out, 1.0F, z, z_stride);
}

/// E = D·Wᵀ: errors handed down.
inline void times_transposed(std::size_t patterns, std::size_t in, std::size_t out, const float* d,
                             std::size_t d_stride, const float* w, float* e, std::size_t e_stride) {
  if (kHasVectorRoutines && patterns == 1)
    gemv(false, in, out, w, d, 0.0F, e);
  else
    gemm(false, true, patterns, in, out, 1.0F, d, d_stride, w, out, 0.0F, e, e_stride);
}

/// G = factor · AᵀD, or G += with `onto`.
inline void slopes(std::size_t patterns, std::size_t in, std::size_t out, float factor, const float* a,
                   std::size_t a_stride, const float* d, std::size_t d_stride, bool onto, float* g) {
  if (kHasVectorRoutines && patterns == 1 && onto)
    ger(in, out, factor, a, d, g);
  else
    gemm(true, false, in, out, patterns, factor, a, a_stride, d, d_stride, onto ? 1.0F : 0.0F, g, out);
}

}  // namespace product
