; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_sign_f32(float %p0) local_unnamed_addr #0 {
good:
  %.5.i = fcmp ogt float %p0, 0.000000e+00
  %.6.i1 = fcmp olt float %p0, 0.000000e+00
  %.8.i = select i1 %.6.i1, float -1.000000e+00, float 0.000000e+00
  %.9.i = select i1 %.5.i, float 1.000000e+00, float %.8.i
  %.10.i2 = fcmp ord float %p0, 0.000000e+00
  %.11.i = select i1 %.10.i2, float %.9.i, float %p0
  ret float %.11.i
}

attributes #0 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
