; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #0

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.copysign.f32(float, float) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr float @fl_scalar_atanh_f32(float %p0) local_unnamed_addr #1 {
good:
  %.5.i = tail call float @llvm.fabs.f32(float %p0)
  %.7.i = fadd float %.5.i, %.5.i
  %.8.i = fsub float 1.000000e+00, %.5.i
  %.12.i = fdiv float %.7.i, %.8.i
  %.5.i.i = fadd float %.12.i, 1.000000e+00
  %.5.i.i.i = fcmp olt float %.5.i.i, 0x3810000000000000
  %.6.i.i.i = fmul float %.5.i.i, 0x4180000000000000
  %.7.i.i.i = select i1 %.5.i.i.i, float %.6.i.i.i, float %.5.i.i
  %.8.i.i.i = bitcast float %.7.i.i.i to i32
  %.11.i.i.i = add i32 %.8.i.i.i, -1060439283
  %.15.i.i.i = ashr i32 %.11.i.i.i, 23
  %0 = and i32 %.11.i.i.i, 8388607
  %narrow.i.i.i = add nuw nsw i32 %0, 1060439283
  %.20.i.i.i = select i1 %.5.i.i.i, i32 1262485479, i32 1262485504
  %.33.i.i.i = add nsw i32 %.15.i.i.i, %.20.i.i.i
  %.35.i.i.i = bitcast i32 %.33.i.i.i to float
  %.36.i.i.i = fadd float %.35.i.i.i, 0xC168000000000000
  %1 = bitcast i32 %narrow.i.i.i to float
  %.35.i.i = fcmp ogt float %.12.i, 1.000000e+00
  %2 = fsub float %.12.i, %.5.i.i
  %.37.i.i = fadd float %2, 1.000000e+00
  %.38.i.i = fadd float %.5.i.i, -1.000000e+00
  %.39.i.i = fsub float %.12.i, %.38.i.i
  %.40.i.i = select i1 %.35.i.i, float %.37.i.i, float %.39.i.i
  %.44.i.i = fdiv float %.40.i.i, %.5.i.i
  %.45.i.i = fcmp ogt float %.12.i, 0xBFD2BD3C40000000
  %.46.i.i = fcmp olt float %.12.i, 0x3FDA8240C0000000
  %.47.i.i = and i1 %.45.i.i, %.46.i.i
  %.48.i.i = tail call float @llvm.fabs.f32(float %.12.i)
  %.49.i.i = fcmp olt float %.48.i.i, 0x3E60000000000000
  %.50.i.i = fadd float %1, -1.000000e+00
  %.51.i.i = select i1 %.47.i.i, float %.12.i, float %.50.i.i
  %.52.i.i = select i1 %.49.i.i, float 0.000000e+00, float %.51.i.i
  %.53.i.i = select i1 %.47.i.i, float 0.000000e+00, float %.36.i.i.i
  %.55.i.i = select i1 %.47.i.i, float 0.000000e+00, float %.44.i.i
  %.56.i.i = tail call float @llvm.fmuladd.f32(float %.53.i.i, float 0x3F00BFBE80000000, float %.55.i.i)
  %.6.i1.i.i = fadd float %.52.i.i, 2.000000e+00
  %.10.i.i.i = fdiv float %.52.i.i, %.6.i1.i.i
  %.11.i2.i.i = fmul float %.10.i.i.i, %.10.i.i.i
  %.12.i.i.i = fmul float %.52.i.i, 5.000000e-01
  %.13.i.i.i = fmul float %.52.i.i, %.12.i.i.i
  %.14.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float 0x3FCE2F9A40000000, float 0x3FD2438C40000000)
  %.15.i3.i.i = tail call float @llvm.fmuladd.f32(float %.14.i.i.i, float %.11.i2.i.i, float 0x3FD999A7A0000000)
  %.16.i.i.i = tail call float @llvm.fmuladd.f32(float %.15.i3.i.i, float %.11.i2.i.i, float 0x3FE5555540000000)
  %.17.i.i.i = tail call float @llvm.fmuladd.f32(float %.11.i2.i.i, float %.16.i.i.i, float %.13.i.i.i)
  %.18.i.i.i = tail call float @llvm.fmuladd.f32(float %.10.i.i.i, float %.17.i.i.i, float %.56.i.i)
  %.83.i.i = fsub float %.13.i.i.i, %.18.i.i.i
  %.84.i.i = fsub float %.52.i.i, %.83.i.i
  %.85.i.i = tail call float @llvm.fmuladd.f32(float %.53.i.i, float 0x3FE62E0000000000, float %.84.i.i)
  %.6.i5.i.i = fcmp olt float %.5.i.i, 0.000000e+00
  %.7.i6.i.i = select i1 %.6.i5.i.i, float 0x7FF8000000000000, float %.85.i.i
  %.8.i7.i.i = fcmp oeq float %.5.i.i, 0.000000e+00
  %.10.i8.i.i = select i1 %.8.i7.i.i, float 0xFFF0000000000000, float %.7.i6.i.i
  %.13.i9.i.i = fcmp ueq float %.5.i.i, 0x7FF0000000000000
  %.14.i10.i.i = select i1 %.13.i9.i.i, float %.5.i.i, float %.10.i8.i.i
  %.111.i.i = fcmp oeq float %.12.i, 0x7FF0000000000000
  %.112.i.i = or i1 %.111.i.i, %.49.i.i
  %.113.i.i = select i1 %.112.i.i, float %.12.i, float %.14.i10.i.i
  %.39.i = fmul float %.113.i.i, 5.000000e-01
  %.40.i = tail call float @llvm.copysign.f32(float %.39.i, float %p0)
  ret float %.40.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
